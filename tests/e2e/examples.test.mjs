// docs/examples: other people's APIs, each by config alone, with requests of an independent sampler. The gateway's verdict is compared with
// ajv's: what both see differently must have a name.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { gatewayProgram, sourceDir } from './support/environment.mjs';
import { request } from './support/http.mjs';
import { Program, temporaryFolder } from './support/program.mjs';
import * as sampler from './support/sampler.mjs';
import { randomSecret } from './support/stand.mjs';

/** Why the gateway may say otherwise than ajv: the names of docs/examples/README.md. */
const explained = {
  repeated: ({ fields = [] }, schema) => fields.some(([name], index) =>
    ['text', 'file'].includes(sampler.kindOfMember(schema, name)) && fields.findIndex(([other]) => other === name) !== index),
};

/** Path values that no sampler makes of a pattern. */
const pathValues = { menuItemId: 'prd_01h1s5z6vf2mm1mz3hevnn9va7', orderId: 'ord_01h1s5z6vf2mm1mz3hevnn9va7' };

const methods = ['get', 'put', 'post', 'delete', 'patch'];

function operationsOf(description) {
  return Object.entries(description.paths).flatMap(([template, item]) => methods.filter((method) => item[method]).map((method) => ({
    template, method: method.toUpperCase(), ...item[method], parameters: [...(item.parameters ?? []), ...(item[method].parameters ?? [])],
  })));
}

/** An example's gateway before an origin of the test, which answers everything and keeps what it was asked last. */
class Example {
  constructor(name) {
    this.folder = path.join(sourceDir, 'docs', 'examples', name);
    this.config = path.join(this.folder, 'gateway.yaml');
    this.variable = `${name.toUpperCase()}_TOKEN`;
    this.secret = randomSecret('token-');
    this.agent = new http.Agent({ keepAlive: true, maxSockets: 4 });
  }

  async start() {
    this.origin = http.createServer((incoming, outgoing) => {
      this.asked = incoming;
      incoming.resume();
      incoming.on('end', () => outgoing.writeHead(200, { 'Content-Type': 'text/plain', 'Cache-Control': 'no-store' }).end('ok'));
    });
    await new Promise((resolve) => this.origin.listen(0, '127.0.0.1', resolve));
    const folder = temporaryFolder();
    const config = path.join(folder, 'gateway.yaml');
    const text = fs.readFileSync(this.config, 'utf8');
    this.base = new URL(/url: (\S+)/.exec(text)[1]).pathname.replace(/\/$/, '');
    fs.writeFileSync(config, text.replace(/^api: /m, `api: ${this.folder}/`)
      .replace(/url: \S+/, `url: http://127.0.0.1:${this.origin.address().port}${this.base}`));
    const ready = path.join(folder, 'ready.json');
    this.program = new Program(gatewayProgram, ['serve', '--config', config, '--listen', '127.0.0.1:0', '--admin', '127.0.0.1:0', '--ready-file', ready],
      { env: { [this.variable]: this.secret } });
    Object.assign(this, await this.program.ready(ready));
    this.description = await sampler.readDescription(path.join(this.folder, /^api: (\S+)/m.exec(text)[1]));
    this.judge = sampler.makeJudge(this.description);
  }

  send(target, options) {
    return request(this.listen + this.base + target, { agent: this.agent, ...options });
  }

  async stop() {
    this.agent.destroy();
    await this.program.stop();
    this.origin.closeAllConnections();
    await new Promise((resolve) => this.origin.close(resolve));
  }
}

/** A right target of the operation: a sample for each parameter that it needs. */
function targetOf(operation, description, values = {}) {
  const textOf = (parameter) => values[parameter.name] ?? pathValues[parameter.name] ?? sampler.sample(parameter.schema, description);
  const target = operation.template.replace(/\{(\w+)\}/g, (_, name) =>
    encodeURIComponent(textOf(operation.parameters.find((parameter) => parameter.in === 'path' && parameter.name === name))));
  const query = operation.parameters.filter((parameter) => parameter.in === 'query' && (parameter.required || parameter.name in values))
    .flatMap((parameter) => [textOf(parameter)].flat().map((text) => `${parameter.name}=${encodeURIComponent(text)}`));
  return query.length > 0 ? `${target}?${query.join('&')}` : target;
}

const boundary = 'a-boundary';

function multipartOf(fields, schema) {
  const parts = fields.map(([name, text]) => {
    const head = sampler.kindOfMember(schema, name) === 'file' ? '; filename="a.png"\r\nContent-Type: image/png' : '';
    return `--${boundary}\r\nContent-Disposition: form-data; name="${name}"${head}\r\n\r\n${text}\r\n`;
  });
  return `${parts.join('')}--${boundary}--\r\n`;
}

/** Each body that is tried with an operation: {type, body, valid, fields, schema}. */
function* bodiesOf(operation, example) {
  for (const [type, media] of Object.entries(operation.requestBody?.content ?? {})) {
    if (media.schema === undefined) continue;
    const fits = example.judge(media.schema);
    const value = sampler.sample(media.schema, example.description);
    if (/json$/.test(type)) {
      for (const other of [value, ...sampler.changed(value)]) yield { type, body: JSON.stringify(other), valid: fits(other), schema: media.schema };
    } else if (/form/.test(type)) {
      const isMultipart = type.startsWith('multipart');
      const fields = sampler.fieldsOf(value, media.schema);
      for (const other of [fields, ...sampler.changedFields(fields)]) {
        const body = isMultipart ? multipartOf(other, media.schema) : new URLSearchParams(other).toString();
        if (body === '') continue; // no body at all
        yield { type: isMultipart ? `${type}; boundary=${boundary}` : type, body, fields: other, valid: fits(sampler.readForm(other, media.schema)), schema: media.schema };
      }
    }
  }
}

/** Each value that is tried with a parameter: {target, valid}. */
function* parametersOf(operation, example) {
  for (const parameter of operation.parameters) {
    if (!['path', 'query'].includes(parameter.in) || parameter.schema === undefined) continue;
    const fits = example.judge(parameter.schema);
    const isList = parameter.schema.type === 'array';
    for (const text of ['x', '7', '0', '-1', '101', '1.5', 'true', 'available', 'sold', '9223372036854775807', 'a b&c', pathValues[parameter.name] ?? 'id']) {
      const value = sampler.readText(text, [isList ? parameter.schema.items : parameter.schema]);
      yield { target: targetOf(operation, example.description, { [parameter.name]: text }), valid: fits(isList ? [value] : value), parameter };
    }
    if (parameter.required && parameter.in === 'query') {
      yield { target: targetOf({ ...operation, parameters: operation.parameters.filter((other) => other !== parameter) }, example.description), valid: false, parameter };
    }
  }
}

for (const [name, leastRequests] of [['galaxy', 400], ['cafe', 600], ['petstore', 600]]) {
  describe(`docs/examples/${name}`, () => {
    const example = new Example(name);
    before(() => example.start());
    after(() => example.stop());

    it('is right by itself', () => {
      const { status, stdout, stderr } = spawnSync(gatewayProgram, ['check', '--config', example.config],
        { env: { ...process.env, [example.variable]: example.secret }, encoding: 'utf8' });
      assert.equal(status, 0, stderr);
      assert.match(stdout, /: ok/);
      assert.doesNotMatch(stderr, /error/);
    });

    it('takes what ajv takes, and refuses what ajv refuses, unless there is a reason with a name', async () => {
      const verdicts = { valid: 0, invalid: 0 };
      const disagreements = [];
      const compare = async (operation, tried, target, options) => {
        const response = await example.send(target, { method: operation.method, ...options });
        assert.ok([200, 422].includes(response.status), `${operation.method} ${target}: ${response.status} ${response.text}`);
        const isTaken = response.status === 200;
        verdicts[isTaken ? 'valid' : 'invalid'] += 1;
        if (isTaken === tried.valid || Object.values(explained).some((explains) => explains(tried, tried.schema))) return;
        disagreements.push(`${operation.method} ${target} ${options.body ?? ''}: ajv says ${tried.valid}, the gateway ${response.status} ${response.text}`);
      };
      for (const operation of operationsOf(example.description)) {
        const needsBody = operation.requestBody?.required;
        const right = [...bodiesOf(operation, example)].find((tried) => tried.valid);
        const withRight = needsBody && right ? { headers: { 'Content-Type': right.type }, body: right.body } : {};
        if (!needsBody || right) {
          for (const tried of parametersOf(operation, example)) await compare(operation, tried, tried.target, withRight);
        }
        const target = targetOf(operation, example.description);
        for (const tried of bodiesOf(operation, example)) {
          await compare(operation, tried, target, { headers: { 'Content-Type': tried.type }, body: tried.body });
        }
      }
      assert.deepEqual(disagreements, []);
      assert.ok(verdicts.valid > 50 && verdicts.invalid > 50 && verdicts.valid + verdicts.invalid > leastRequests, JSON.stringify(verdicts));
    });

    it('brings the credential that no client has, and shows it to none', async () => {
      const operation = operationsOf(example.description).find(({ method }) => method === 'GET');
      const response = await example.send(targetOf(operation, example.description), { headers: { Authorization: 'Bearer a-client-of-mine' } });
      assert.equal(response.status, 200);
      assert.equal(example.asked.headers.authorization, `Bearer ${example.secret}`);
      assert.doesNotMatch(JSON.stringify(response.rawHeaders) + response.text, new RegExp(example.secret));
    });
  });
}

describe('docs/examples/galaxy', () => {
  const example = new Example('galaxy');
  before(() => example.start());
  after(() => example.stop());

  it('lets XML pass, and counts it', async () => {
    const before = await request(`${example.admin}/metrics`);
    assert.doesNotMatch(before.text, /gateway_unchecked_bodies_total\{/);
    const { status } = await example.send('/planets', { method: 'POST', headers: { 'Content-Type': 'application/xml' }, body: '<planet/>' });
    assert.equal(status, 200);
    const { text } = await request(`${example.admin}/metrics`);
    assert.match(text, /gateway_unchecked_bodies_total\{operation="createPlanet"\} 1/);
  });
});
