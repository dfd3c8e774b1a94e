// How much of its time a busy thread waits for a lock: what the kernel says it does, asked again and again.
import fs from 'node:fs';

const futex = { x64: '202', arm64: '98' }[process.arch];

export class LockSampler {
  samples = new Map(); // by thread: how often asked, how often found waiting

  constructor(pid) {
    this.folder = `/proc/${pid}/task`;
    this.before = this.cpuTimes();
    this.timer = setInterval(() => this.sample(), 1);
  }

  cpuTimes() {
    return new Map(fs.readdirSync(this.folder).map((thread) =>
      [thread, Number(fs.readFileSync(`${this.folder}/${thread}/schedstat`, 'utf8').split(' ')[0])]));
  }

  sample() {
    for (const thread of this.before.keys()) {
      const counts = this.samples.get(thread) ?? { asked: 0, waiting: 0 };
      ++counts.asked;
      if (fs.readFileSync(`${this.folder}/${thread}/syscall`, 'utf8').startsWith(`${futex} `)) ++counts.waiting;
      this.samples.set(thread, counts);
    }
  }

  /** The share of samples in which a worker waited. The workers are the threads that did the work; the others wait by nature. */
  stop() {
    clearInterval(this.timer);
    const spent = [...this.cpuTimes()].map(([thread, time]) => [thread, time - (this.before.get(thread) ?? 0)]);
    const most = Math.max(...spent.map(([, time]) => time));
    const workers = spent.filter(([thread, time]) => time > most / 3 && this.samples.has(thread)).map(([thread]) => this.samples.get(thread));
    const sum = (count) => workers.reduce((total, worker) => total + worker[count], 0);
    return sum('waiting') / sum('asked');
  }
}
