// Keep-alive connections that rest after their first answer.
import { startGateway } from '../harness/gateway.mjs';
import { expectHit, get, holdConnections } from '../harness/load.mjs';
import { startNginx } from '../harness/peers.mjs';
import { table } from '../harness/report.mjs';
import { pause } from '../harness/server.mjs';

export const title = 'Idle keep-alive connections';
const request = get('/v4/projects/pr_1');

async function memoryPerConnection(contender, connections) {
  await expectHit(contender, request);
  // What a first crowd makes the server allocate once is not the connections' own.
  await (await holdConnections(contender, request, 100))();
  const before = contender.server.memory();
  const end = await holdConnections(contender, request, connections);
  await pause(1000);
  const after = contender.server.memory();
  await end();
  return (after - before) / connections;
}

export async function run({ origin, quick }) {
  const connections = quick ? 2_000 : 10_000;
  const nginx = (await startNginx(origin)).caching;
  const gateway = await startGateway(origin, { settings: { limits: { idle_timeout: '10m' } } });
  const bytes = await memoryPerConnection(gateway, connections);
  // nginx takes as many connections as its configuration says, and that is enough to see one's share.
  const nginxBytes = await memoryPerConnection(nginx, Math.min(connections, 2_000));
  return {
    servers: [nginx.server, gateway.server],
    text: table([['', 'connections', 'bytes of resident memory each'],
      [nginx.name, String(Math.min(connections, 2_000)), nginxBytes.toFixed(0)],
      [gateway.name, String(connections), bytes.toFixed(0)]]),
    goals: [{ what: `an idle connection of ${connections}`, limit: '< 8192', unit: ' bytes', digits: 0, value: bytes }],
  };
}
