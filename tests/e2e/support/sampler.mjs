// Requests for the operations of somebody else's API description, made by openapi-sampler, and changed ones; and what ajv says of them.
import { createRequire } from 'node:module';
import path from 'node:path';
import { buildDir } from './environment.mjs';

const installed = createRequire(path.join(buildDir, 'e2e', 'package.json'));
const sampler = installed('openapi-sampler');
const addFormats = installed('ajv-formats');
const parser = installed('@apidevtools/json-schema-ref-parser');

/** The description with every reference followed, over all of its files. */
export const readDescription = (file) => parser.dereference(file);

/** What a request is held to: it needs nothing that is `readOnly`. */
function forRequests(schema) {
  if (Array.isArray(schema)) return schema.map(forRequests);
  if (typeof schema !== 'object' || schema === null) return schema;
  const copy = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, key === 'enum' || key === 'const' || key === 'example' ? value : forRequests(value)]));
  if (Array.isArray(copy.required)) {
    const readOnly = Object.entries(schema.properties ?? {}).filter(([, property]) => property.readOnly === true).map(([name]) => name);
    copy.required = copy.required.filter((name) => !readOnly.includes(name));
  }
  return copy;
}

/** `schema => (value => whether it fits)`. Formats that ajv doesn't know are annotations, as they are for the gateway. */
export function makeJudge(description) {
  const Ajv = installed(description.openapi.startsWith('3.1') ? 'ajv/dist/2020' : 'ajv').default;
  const ajv = addFormats.default(new Ajv({ strict: false, validateSchema: false, logger: false }));
  const judges = new Map();
  return (schema) => {
    if (!judges.has(schema)) judges.set(schema, ajv.compile(forRequests(schema)));
    return judges.get(schema);
  };
}

export const sample = (schema, description) => sampler.sample(schema, { skipReadOnly: true, quiet: true }, description);

const others = [null, true, 7, -1, 1.5, 9007199254740993, '', 'x', '5', 'a longer text with blanks', [], ['x'], [1], {}, { x: 1 }];

/** The value with one thing in it changed, in every way in turn. */
export function* changed(value) {
  yield* others;
  if (Array.isArray(value)) {
    yield [...value, ...value];
    for (const [index, item] of value.entries()) {
      for (const other of changed(item)) yield value.with?.(index, other) ?? Object.assign([...value], { [index]: other });
    }
  } else if (typeof value === 'object' && value !== null) {
    yield { ...value, unknown_member: 1 };
    for (const [name, member] of Object.entries(value)) {
      const { [name]: dropped, ...rest } = value;
      yield rest;
      for (const other of changed(member)) yield { ...value, [name]: other };
    }
  }
}

/** The schemas of that property, wherever in an object's schema it stands. */
function propertySchemas(schema, name) {
  if (typeof schema !== 'object' || schema === null) return [];
  const parts = [...(schema.allOf ?? []), ...(schema.oneOf ?? []), ...(schema.anyOf ?? [])];
  return [schema.properties?.[name], ...parts.flatMap((part) => propertySchemas(part, name))].filter(Boolean);
}

const typesOf = (schema) => [schema.type ?? []].flat();

/** A text as the types of its schema read it (docs/contract.md, "How values are read"). */
export function readText(text, schemas) {
  const types = schemas.flatMap(typesOf);
  const isNumber = /^-?(0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?$/.test(text);
  if (isNumber && (types.includes('integer') || types.includes('number'))) return Number(text);
  if (types.includes('boolean') && (text === 'true' || text === 'false')) return text === 'true';
  return text;
}

/** How a member of a form is written: `file`, `list` or `text`; undefined for what no one can tell. */
export function kindOfMember(schema, name) {
  const schemas = propertySchemas(schema, name);
  if (schemas.some((property) => property.format === 'binary')) return 'file';
  const types = schemas.flatMap(typesOf);
  if (types.includes('object') || schemas.some((property) => property.items?.type === 'object')) return undefined;
  return types.includes('array') ? 'list' : 'text';
}

/** The fields of a form as the object that they spell: `fields` are [name, text] pairs, of which the last counts. */
export function readForm(fields, schema) {
  const value = {};
  for (const [name, text] of fields) {
    const schemas = propertySchemas(schema, name);
    if (kindOfMember(schema, name) === 'list') {
      (value[name] ??= []).push(readText(text, schemas.map((property) => property.items ?? {})));
    } else {
      value[name] = readText(text, schemas);
    }
  }
  return value;
}

/** An object's scalars and lists of them as the fields of a form. */
export function fieldsOf(value, schema) {
  return Object.entries(value).filter(([name]) => kindOfMember(schema, name) !== undefined)
    .flatMap(([name, member]) => [member].flat().map((item) => [name, String(item)]));
}

/** The fields with one of them changed, in every way in turn. */
export function* changedFields(fields) {
  yield [...fields, ['unknown_member', '1']];
  for (const [index, [name]] of fields.entries()) {
    yield fields.filter((_, other) => other !== index);
    for (const text of ['', 'x', '7', '-1', '1.5', 'true', 'a longer text with blanks & more']) {
      yield fields.map((field, other) => (other === index ? [name, text] : field));
    }
    yield [...fields, fields[index]];
  }
}
