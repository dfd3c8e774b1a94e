// A miss over TLS: the connections to the origin are kept, so this is what it costs to encrypt and to decrypt, not to shake hands.
import { ratio } from '../harness/figures.mjs';
import { startGateway } from '../harness/gateway.mjs';
import { expectStatus, get } from '../harness/load.mjs';
import { startNginxOverTls, startTlsOrigin } from '../harness/peers.mjs';
import { sideBySide } from '../harness/side_by_side.mjs';

export const title = 'Miss over TLS, nothing stored';
const request = get('/v4/projects/ns_1');

export async function run(options) {
  const origin = await startTlsOrigin();
  const nginx = await startNginxOverTls(origin);
  const gateway = await startGateway(origin);
  const contenders = [nginx, gateway];
  for (const contender of contenders) await expectStatus(contender, request, 200);

  const { seen, row } = await sideBySide(contenders, () => ({ request }), options);
  return {
    ...row,
    servers: [...row.servers, origin.server],
    goals: [{ what: 'miss over TLS: CPU to nginx proxy_pass over TLS', limit: '< 1.2', value: ratio(seen, gateway.name, nginx.name, 'cpu') }],
  };
}
