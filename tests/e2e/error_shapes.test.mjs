// What clients are told when they are refused, in both shapes of `validation.errors`.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import fs from 'node:fs';
import path from 'node:path';
import { temporaryFolder } from './support/program.mjs';
import { makeKey, Stand } from './support/stand.mjs';

const description = `
openapi: 3.0.3
info: {title: shapes, version: '1'}
servers: [{url: /v4}]
paths:
  /things/{id}:
    post:
      operationId: change
      parameters:
        - {name: id, in: path, required: true, schema: {type: integer}}
        - {name: size, in: query, schema: {type: integer, maximum: 9}}
        - {name: X-Mode, in: header, schema: {type: string, enum: [fast, slow]}}
      requestBody:
        content:
          application/json:
            schema:
              type: object
              required: [name]
              properties:
                name: {type: string, maxLength: 3}
                "a/b~c %": {type: array, items: {type: integer}}
          multipart/form-data: {schema: {type: object, properties: {notes: {type: object}}}}
      responses: {}
    get:
      operationId: read
      parameters: [{name: id, in: path, required: true, schema: {type: integer}}]
      responses: {}
`;

/** A request, and what it is refused with: of a 422 its mistakes in both shapes, else status, fields and text. */
const cases = [
  { name: 'no key', anonymous: true, target: '/things/1', status: 401, title: 'Unauthorized' },
  { name: 'no such path', target: '/nothing', status: 404, title: 'Not Found', detail: 'Not Found' },
  { name: 'no such method', target: '/things/1', method: 'DELETE', status: 405, title: 'Method Not Allowed', detail: 'Method Not Allowed', fields: { allow: 'GET, HEAD, POST' } },
  { name: 'a body that is not declared', target: '/things/1', method: 'GET', body: '{}', headers: { 'Content-Length': '2' }, status: 400, title: 'Bad Request', detail: 'This operation takes no body' },
  { name: 'a media type that is not declared', target: '/things/1', method: 'POST', type: 'text/csv', body: 'a', status: 415, title: 'Unsupported Media Type',
    detail: 'Unsupported Media Type: send application/json, multipart/form-data', fields: { accept: 'application/json, multipart/form-data' } },
  { name: 'a content coding', target: '/things/1', method: 'POST', body: '{}', headers: { 'Content-Encoding': 'gzip' }, status: 415, title: 'Unsupported Media Type',
    fields: { 'accept-encoding': 'identity' } },
  { name: 'two charsets', target: '/things/1', method: 'POST', type: 'application/json; charset=utf-8; charset=utf-7', body: '{}', status: 400, title: 'Bad Request' },
  { name: 'a body that is too large', target: '/things/1', method: 'POST', body: `{"name":"${'x'.repeat(70_000)}"}`, status: 413, title: 'Content Too Large' },
  { name: 'a path parameter', target: '/things/x', mistakes: [
    { loc: ['path', 'id'], msg: 'value is not a valid integer', type: 'type_error.integer' }],
  errors: [{ in: 'path', name: 'id', pointer: '#' }] },
  { name: 'a query parameter beyond its limit', target: '/things/1?size=10', method: 'POST', mistakes: [
    { loc: ['query', 'size'], msg: 'ensure this value is less than or equal to 9', type: 'value_error.number.not_le', ctx: { limit_value: 9 } }],
  errors: [{ in: 'query', name: 'size', pointer: '#' }] },
  { name: 'a field that is none of an enum', target: '/things/1', method: 'POST', headers: { 'X-Mode': 'odd' }, mistakes: [
    { loc: ['header', 'X-Mode'], msg: "unexpected value; permitted: 'fast', 'slow'", type: 'value_error.const', ctx: { given: 'odd', permitted: ['fast', 'slow'] } }],
  errors: [{ in: 'header', name: 'X-Mode', pointer: '#' }] },
  { name: 'several mistakes at once', target: '/things/x?size=y', method: 'POST', body: '{"name": "long", "a/b~c %": [1, "x"]}', mistakes: [
    { loc: ['path', 'id'], msg: 'value is not a valid integer', type: 'type_error.integer' },
    { loc: ['query', 'size'], msg: 'value is not a valid integer', type: 'type_error.integer' },
    { loc: ['body', 'name'], msg: 'ensure this value has at most 3 characters', type: 'value_error.any_str.max_length', ctx: { limit_value: 3 } },
    { loc: ['body', 'a/b~c %', 1], msg: 'value is not a valid integer', type: 'type_error.integer' }],
  errors: [{ in: 'path', name: 'id', pointer: '#' }, { in: 'query', name: 'size', pointer: '#' }, { in: 'body', pointer: '#/name' },
    { in: 'body', pointer: '#/a~1b~0c%20%25/1' }] },
  { name: 'broken JSON', target: '/things/1', method: 'POST', body: '{"name": ', mistakes: [
    { loc: ['body', 9], msg: 'Expecting value: line 1 column 10 (char 9)', type: 'value_error.jsondecode', ctx: { msg: 'Expecting value', pos: 9, lineno: 1, colno: 10 } }],
  errors: [{ in: 'body', pointer: '#' }] },
  { name: 'broken JSON in a part', target: '/things/1', method: 'POST', type: 'multipart/form-data; boundary=b',
    body: '--b\r\nContent-Disposition: form-data; name="notes"\r\n\r\n{\r\n--b--\r\n', mistakes: [
      { loc: ['body', 'notes'], msg: 'Expecting property name enclosed in double quotes: line 1 column 2 (char 1)', type: 'value_error.jsondecode',
        ctx: { msg: 'Expecting property name enclosed in double quotes', pos: 1, lineno: 1, colno: 2 } }],
    errors: [{ in: 'body', pointer: '#/notes' }] },
  { name: 'a multipart form that is none', target: '/things/1', method: 'POST', type: 'multipart/form-data; boundary=b', body: '--b\r\n\r\n', mistakes: [
    { loc: ['body'], msg: 'this is no multipart form: part 1: the boundary that ends it is missing', type: 'value_error.multipart', ctx: { part: 1 } }],
  errors: [{ in: 'body', pointer: '#' }] },
];

for (const shape of ['fastapi', 'problem']) {
  describe(`validation.errors: ${shape}`, () => {
    const key = makeKey('research');
    let stand;
    before(async () => {
      const api = path.join(temporaryFolder(), 'shapes.yaml');
      fs.writeFileSync(api, description);
      stand = await Stand.start({ keys: [key], settings: { api, validation: { errors: shape }, limits: { max_body: '64KiB' }, cache: { rules: {}, safe_operations: [] } } });
    });
    after(() => stand.stop());

    for (const tried of cases) {
      it(tried.name, async () => {
        const headers = { ...(tried.type ? { 'Content-Type': tried.type } : {}), ...tried.headers };
        const response = await stand.gateway.request(tried.anonymous ? null : key, tried.target, { method: tried.method, headers, body: tried.body });
        const status = tried.status ?? 422;
        assert.equal(response.status, status, response.text);
        assert.equal(response.headers['content-type'], shape === 'fastapi' ? 'application/json' : 'application/problem+json');
        for (const [name, value] of Object.entries(tried.fields ?? {})) assert.equal(response.headers[name], value);
        if (status !== 422) {
          const { detail } = response.json;
          assert.equal(typeof detail, 'string');
          if (tried.detail) assert.equal(detail, tried.detail);
          assert.deepEqual(response.json, shape === 'fastapi' ? { detail } : { type: 'about:blank', title: tried.title, status, detail });
        } else if (shape === 'fastapi') {
          assert.deepEqual(response.json, { detail: tried.mistakes });
        } else {
          assert.deepEqual(response.json, {
            type: 'about:blank', title: 'Unprocessable Content', status,
            detail: tried.mistakes.length === 1 ? 'the request has a mistake' : `the request has ${tried.mistakes.length} mistakes`,
            errors: tried.mistakes.map(({ msg, type, ctx }, index) => ({ ...tried.errors[index], detail: msg, type, ...(ctx ? { ctx } : {}) })),
          });
        }
      });
    }
  });
}
