// The suite amended to what holds today. The release on npm is older than RFC 9111 (June 2022) and contradicts it in places; its
// repository has changed since. Restated here, from the RFCs: tests whose expectation the RFC turned around, tests that ask nothing
// that the RFC requires and became checks, and tests of what came later (RFC 9213, must-understand, stale-while-revalidate).
//
// An amendment names a test, and why. `requests` replaces what it does (or adds the test); `kind` what it counts as.
const wait = { setup: true, pause_after: true };
const date = ['Date', 0];
const isCached = { expected_type: 'cached' };
const isFetched = { expected_type: 'not_cached' };

/** One response with these fields, then a request that must (not) be answered from it. A third member `false`: not checked itself. */
const store = (fields, then) => [{ response_headers: fields, ...wait }, then];
const age = (...values) => store([date, ['Cache-Control', 'max-age=3600'], ...values.map((value) => ['Age', value, false])], isCached);

const singletonAge = 'RFC 9111 5.1: of an Age list the first member counts; an invalid Age is ignored';
const ageTests = [
  ['nonnumeric', age('abc')], ['negative', age('-7200')], ['float', age('7200.0')],
  ['prefix-twoline', age('0', '7200')], ['dup-0', age('0, 0')], ['dup-0-twoline', age('0', '0')],
  ['dup-old', store([date, ['Cache-Control', 'max-age=10000'], ['Age', '3600', false], ['Age', '3600', false]], isCached)],
  ...[2147483647, 2147483648, 2147483649].map((seconds) => [`large-${seconds}`,
    store([date, ['Cache-Control', 'max-age=3600'], ['Age', String(seconds), false]], isFetched)]),
].map(([name, requests]) => ({ id: `age-parse-${name}`, why: singletonAge, depends_on: ['freshness-max-age-age'], requests }));

/** The origin hangs up. The suite expects "not cached" by a field of the origin's response, which no cache can have then. */
const staleTests = ['must-revalidate', 'proxy-revalidate', 'no-cache', 's-maxage=2'].map((directive) => ({
  id: `stale-close-${directive}`,
  why: 'the published test looks for a field of a response that the origin never sent',
  depends_on: ['stale-close'],
  requests: store([['Cache-Control', `max-age=2, ${directive}`]],
    { disconnect: true, expected_status: 502, check_body: false, expected_response_headers_missing: ['server-request-count'] }),
}));

const mayUpdate = 'RFC 9111 3.2: which fields a 304 updates is left open but for Content-Length';
const updateChecks = ['Content-Encoding', 'Content-Location', 'Content-MD5', 'Content-Range', 'Content-Security-Policy', 'Content-Type',
  'Clear-Site-Data', 'ETag', 'Expires', 'Public-Key-Pins', 'Set-Cookie', 'Set-Cookie2', 'X-Frame-Options', 'X-XSS-Protection',
].map((field) => ({ id: `304-etag-update-response-${field}`, why: mayUpdate, kind: 'check' }));

const mayInvalidate = 'RFC 9111 4.4: a cache may invalidate what Location and Content-Location name';
const invalidationChecks = ['POST', 'PUT', 'DELETE', 'M-SEARCH'].flatMap((method) => ['location', 'cl'].map(
  (what) => ({ id: `invalidate-${method}-${what}`, why: mayInvalidate, kind: 'check' })));

const newTests = [
  {
    id: 'freshness-max-age-stale', why: 'RFC 9111 4.2', depends_on: ['freshness-max-age'],
    requests: store([['Cache-Control', 'max-age=2']], isFetched),
  },
  {
    id: 'status-200-must-understand', why: 'RFC 9111 5.2.2.3', kind: 'optimal', depends_on: ['status-200-fresh', 'cc-resp-no-store-fresh'],
    requests: [{ response_headers: [['Cache-Control', 'max-age=3600, no-store, must-understand']], setup: true }, isCached],
  },
  {
    id: 'status-599-no-store-must-understand', why: 'RFC 9111 5.2.2.3', depends_on: ['status-599-fresh'],
    requests: [{ response_status: [599, 'Whatever'], response_headers: [['Cache-Control', 'max-age=3600, no-store, must-understand']], setup: true },
      isFetched],
  },
  {
    id: 'stale-while-revalidate', why: 'RFC 5861 3', kind: 'optimal', depends_on: ['freshness-max-age-stale'],
    requests: store([['Cache-Control', 'max-age=1, stale-while-revalidate=3600'], ['ETag', '"abc"']], isCached),
  },
  {
    id: 'stale-while-revalidate-window', why: 'RFC 5861 3', depends_on: ['stale-while-revalidate'],
    requests: [
      { response_headers: [['Cache-Control', 'max-age=1, stale-while-revalidate=4'], ['ETag', '"abc"']], ...wait },
      { response_headers: [['Cache-Control', 'no-cache', false], ['ETag', '"def"', false]], ...isCached, ...wait },
      { expected_response_headers: [['client-request-count', '3']] },
    ],
  },
  {
    id: 'other-date-update-expires', why: 'RFC 9110 6.6.1', depends_on: ['freshness-expires-future'],
    requests: store([['Expires', 30 * 24 * 3600], date], { ...isCached, expected_response_headers: [['Date', 0]] }),
  },
  ...['no-store', 'no-store, max-age=0'].map((directives) => ({
    id: `cc-resp-old-beside-${directives.replace(', ', '-')}`, why: 'RFC 9111 5.2.2.5 says nothing of what is stored already',
    depends_on: ['cc-resp-no-store'],
    requests: [
      { response_headers: [['Cache-Control', 'max-age=10000'], ['Expires', 10000], date, ['A', '1']], ...wait },
      { response_headers: [['Cache-Control', directives], date, ['A', '2']], ...wait },
      { ...isCached, expected_response_headers: [['a', '1']] },
    ],
  })),
  { id: 'partial-use-stored-headers', why: 'RFC 9111 3.4', kind: 'required' },
  {
    id: 'conditional-lm-fresh-no-lm', why: 'RFC 9111 4.3.2: without Last-Modified the Date counts; the published test asks about a time before it',
    kind: 'optimal', depends_on: ['freshness-max-age'],
    requests: store([['Cache-Control', 'max-age=10000'], date],
      { request_headers: [['If-Modified-Since', 0]], magic_ims: true, ...isCached, expected_status: 304, setup_tests: ['expected_type'] }),
  },
];

/** RFC 9213, for the targeted field CDN-Cache-Control. */
const cdn = (value) => ['CDN-Cache-Control', value, false];
const cdnTests = [
  ['max-age', 'optimal', store([cdn('max-age=3600')], isCached)],
  ['max-age-max', 'optimal', store([cdn('max-age=2147483648')], isCached)],
  ['max-age-max-plus', 'optimal', store([cdn('max-age=99999999999')], isCached)],
  ['max-age-age', 'required', store([date, cdn('max-age=3600'), ['Age', '7200']], isFetched)],
  ['max-age-0', 'required', store([cdn('max-age=0')], isFetched)],
  ['max-age-extension', 'optimal', store([cdn('foobar, max-age=3600')], isCached)],
  ['max-age-expires', 'optimal', store([cdn('max-age=3600'), ['Expires', -10000], date], isCached)],
  ['max-age-invalid-expires', 'optimal', store([cdn('max-age=3600'), ['Expires', '0', false], date], isCached)],
  ['max-age-0-expires', 'required', store([cdn('max-age=0'), ['Expires', 10000], date], isFetched)],
  ['max-age-short-cc-max-age', 'optimal', store([['Cache-Control', 'max-age=1'], cdn('max-age=3600')], isCached)],
  ['max-age-long-cc-max-age', 'required', store([['Cache-Control', 'max-age=3600'], cdn('max-age=1')], isFetched)],
  ['private', 'required', store([cdn('private'), ['Cache-Control', 'max-age=10000'], ['Expires', 10000], date], isFetched)],
  ['no-cache', 'required', store([cdn('no-cache'), ['Cache-Control', 'max-age=10000'], ['Expires', 10000], date], isFetched)],
  ['no-store-cc-fresh', 'required', store([['Cache-Control', 'max-age=10000'], cdn('no-store'), ['Expires', 10000], date], isFetched)],
  ['fresh-cc-nostore', 'required', store([['Cache-Control', 'no-store'], cdn('max-age=10000')], isCached)],
  ['invalid-unknown', 'required', store([cdn('max-age=10000, &&&&&'), ['Cache-Control', 'no-store']], isFetched)],
  ['invalid-type', 'required', store([cdn('max-age="10000"'), ['Cache-Control', 'no-store']], isFetched)],
  ['space-before-equals', 'check', store([['Cache-Control', 'max-age=1'], cdn('max-age =100')], isFetched)],
  ['space-after-equals', 'check', store([['Cache-Control', 'max-age=1'], cdn('max-age= 100')], isFetched)],
  ['case', 'check', store([cdn('MaX-aGe=3600')], isCached)],
  ['field-is-forwarded', 'check', [{
    response_headers: [['Cache-Control', 'max-age=10000'], cdn('foo'), date], expected_response_headers: [['CDN-Cache-Control', 'foo']],
  }]],
].map(([name, kind, requests]) => ({ id: `cdn-${name}`, why: 'RFC 9213', kind, requests }));

export const amendments = [
  ...ageTests,
  ...['parameter', 'numeric-parameter'].map((name) => ({ id: `age-parse-${name}`, why: singletonAge, kind: 'check' })),
  ...staleTests, ...updateChecks, ...invalidationChecks, ...newTests, ...cdnTests,
];
