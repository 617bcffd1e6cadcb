import { describe, expect, test } from 'vitest'
import { createCatalog } from './Catalog.ts'
import type { Route } from './Route.ts'

const shop = createCatalog([], 6, [
  { routeId: 'cheap', method: 'GET', path: '/:shelf/:id', unitAmount: '$0.01' },
  { routeId: 'dear', method: 'GET', path: '/vault/:id', unitAmount: '$9' },
  { routeId: 'dearest', method: 'GET', path: '/vault/crown', unitAmount: '$90' },
  { routeId: 'files', method: 'GET', path: '/pub/files/*', unitAmount: '$0.02' },
  { routeId: 'report', method: 'POST', path: '/reports', unitAmount: '$0.50' },
  { method: 'GET', path: '/' },
  { method: 'GET', path: '/caf%C3%A9', description: 'free' },
])

function routeOf(method: string, target: string): string {
  const match = shop.match(method, target)
  return match.kind === 'found' ? match.route.routeId : match.kind
}

function problemsOf(routes: readonly unknown[]): readonly string[] {
  try {
    createCatalog([{ planId: 'basic', unitAmount: '1' }], 6, routes as Route[])
  } catch (error) {
    return (error as { facts: { routes: string } }).facts.routes.split('; ')
  }
  return []
}

describe('matching', () => {
  test.each([
    ['/', 'GET /'],
    ['/?a=1', 'GET /'],
    ['/box/1', 'cheap'],
    ['/box/a%20b', 'cheap'],
    ['/box/100%25', 'cheap'],
    ['/@scope/name', 'cheap'],
    ['/vault/1', 'dear'],
    ['/vault/crown', 'dearest'],
    ['/vault/crown?x=../../y', 'dearest'],
    ['/pub/files/a', 'files'],
    ['/pub/files/a/b.c/d;v=1', 'files'],
    ['/caf%C3%A9', 'GET /caf%C3%A9'],
    ['/nothing', 'none'],
    ['/a/b/c', 'none'],
    ['/pub/files/x/', 'not-canonical'],
  ])('GET %s is %s', (target, route) => {
    expect(routeOf('GET', target)).toBe(route)
  })

  test('HEAD goes with GET, other methods are named', () => {
    expect(routeOf('HEAD', '/vault/1')).toBe('dear')
    expect(routeOf('POST', '/reports')).toBe('report')
    const allowed = ['POST', 'OPTIONS']
    expect(shop.match('GET', '/reports')).toEqual({ kind: 'other-method', allowed })
    expect(routeOf('get', '/vault/1')).toBe('other-method')
  })

  test('path and query are exactly what came', () => {
    expect(shop.match('GET', '/box/%E2%82%AC?q=%2e%2E/&&=?#'.slice(0, -1))).toMatchObject({
      ...{ path: '/box/%E2%82%AC', query: 'q=%2e%2E/&&=?' },
    })
  })
})

/** Spellings in which some server somewhere reads `/vault/crown`, or another host. */
const spellings = [
  ...['//vault/crown', '/vault//crown', '/vault/crown/', '/vault/crown//', '/./vault/crown'],
  ...['/vault/./crown', '/x/../vault/crown', '/vault/x/../crown', '/vault/crown/.', '/..'],
  ...['/vault%2Fcrown', '/vault%2fcrown', '/box/vault%2Fcrown', '/box/..%2Fvault%2Fcrown'],
  ...['/box/%2E%2E', '/box/%2e%2e', '/box/.%2E', '/%2E%2E/vault/crown', '/box/%252e%252e'],
  ...['/vault%252Fcrown', '/box/%252E', '/box/%25252F', '/vault%5Ccrown', '/vault\\crown'],
  ...['\\vault\\crown', '/box/..\\vault', '/vault/crown%00', '/vault/crown%0d%0aX:1'],
  ...['/VAULT/crown', '/Vault/Crown', '/vault/CROWN', '/%76ault/crown', '/vault/cr%6Fwn'],
  ...['/vault;x=1/crown', '/vault/crown;x', '/vault/crown;', '/;/crown', '/box/;'],
  ...['/vault/crown.', '/vault./crown', '/vault/crown%20', '/vault/crown%2E', '/vault/...'],
  ...['/vault/cro\u0077n%', '/vault/%', '/vault/%2', '/vault/%zz', '/vault/%c0%af', '/box/%FF'],
  ...['/box/%C0%AF', '/box/%E0%80%AF', '/box/%EF%BC%8Fvault', '/box/%EF%BC%BC', '/box/%E2%84%80'],
  ...['/%EF%BD%96ault/crown', '/vault/cr%E2%93%9Ewn', '/vault/%E2%80%A8', '/box/%C2%85'],
  ...['http://evil.example/vault/crown', 'https://x/box/1', '@evil.example/box/1', 'vault/crown'],
  ...['//evil.example/box/1', '/\\evil.example/box/1', '*', '', ' /vault/crown', '/vault/crown '],
  ...['/vault/crown#', '/vault/crown#x', '/box/a b', '/box/<x>', '/box/"x"', '/box/é'],
  ...['/box/%c3%a9', `/box/${'a'.repeat(4_096)}`, '/box/1?a b', '/box/1?é', '/box/1?\u0000'],
]

test.each(spellings)('%j is no way to anything cheaper', (target) => {
  const match = shop.match('GET', target)
  const route = match.kind === 'found' ? match.route.routeId : match.kind
  expect(['not-canonical', 'none', 'dearest']).toContain(route)
  expect(route).not.toBe('dearest')
})

test('what only a lenient server reads as another route is refused, also when it is dearer', () => {
  const routes: readonly Route[] = [
    { method: 'GET', path: '/a/:id', unitAmount: '$0.01' },
    { method: 'GET', path: '/A-free/:id' },
    { method: 'GET', path: '/:any/:id', unitAmount: '$5' },
  ]
  const catalog = createCatalog([], 6, routes)
  expect(catalog.match('GET', '/A/1').kind).toBe('not-canonical')
  expect(catalog.match('GET', '/a-free/1').kind).toBe('not-canonical')
  expect(catalog.match('GET', '/A-free/1').kind).toBe('found')
  expect(catalog.match('GET', '/other/A').kind).toBe('found')
})

/** What some servers read as another way to ask for `/vault/crown`: Rails' formats, Spring's. */
test.each([
  ...['/vault/crown.json', '/vault/crown.x', '/vault/crown.tar.gz', '/vault/crown.a%20b'],
  ...['/vault/crown%EF%BC%8Ejson', '/vault/crown.json;v=1'],
])('%s is not sold as a cheaper neighbour of what a server reads in it', (target) => {
  expect(routeOf('GET', target)).toBe('not-canonical')
  expect(routeOf('HEAD', target)).toBe('not-canonical')
})

test('what ends in a format is sold where its seller named it, or where no other is meant', () => {
  const catalog = createCatalog([], 6, [
    { routeId: 'any', method: 'GET', path: '/:shelf/premium.json', unitAmount: '$0.01' },
    { routeId: 'vault', method: 'GET', path: '/vault/premium', unitAmount: '$9' },
    { routeId: 'data', method: 'GET', path: '/data', unitAmount: '$2' },
    { routeId: 'csv', method: 'GET', path: '/data.csv', unitAmount: '$1' },
    { routeId: 'page', method: 'GET', path: '/:page' },
    { routeId: 'sent', method: 'POST', path: '/photo', unitAmount: '$3' },
  ])
  const idOf = (target: string) => {
    const match = catalog.match('GET', target)
    return match.kind === 'found' ? match.route.routeId : match.kind
  }
  expect(idOf('/box/premium.json')).toBe('any')
  expect(idOf('/vault/premium.json')).toBe('not-canonical')
  expect(idOf('/data.csv')).toBe('csv')
  expect(idOf('/data.xml')).toBe('not-canonical')
  expect(idOf('/database.xml')).toBe('page')
  expect(idOf('/photo.jpg')).toBe('page')
  expect(idOf('/x/y.json')).toBe('none')
  expect(routeOf('GET', '/box/1.json')).toBe('cheap')
  expect(routeOf('GET', '/vault/1.json')).toBe('dear')
})

describe('reading', () => {
  test('prices are read exactly, and a route without one is free', () => {
    expect(shop.findRoute('report')).toMatchObject({ unitAmount: '$0.50', unitAmountRaw: 500_000n })
    expect(shop.findRoute('GET /')).not.toHaveProperty('unitAmountRaw')
    expect(shop.findRoute('__proto__')).toBeUndefined()
    expect(shop.routes).toHaveLength(7)
  })

  test('names every mistake at once, with those of plans', () => {
    expect(
      problemsOf([
        null,
        { method: 'FETCH', path: '/a' },
        { method: 'GET', path: 'a', unitAmount: 'free' },
        { method: 'GET', path: '/x', routeId: 'with space' },
        { method: 'GET', path: '/y', routeId: 'basic' },
        {
          method: 'GET',
          path: '/z',
          description: 1,
          mimeType: 2,
          inputSchema: [],
          outputSchema: 3,
        },
      ]),
    ).toEqual([
      'routes[0] must be an object',
      'routes[1].method must be one of GET, POST, PUT, PATCH, DELETE (HEAD goes with GET)',
      'routes[2].unitAmount must be like "$0.10", above zero, with at most 6 decimals',
      'routes[2].path must be like "/photos/:id" or "/files/*", percent-encoded',
      'routes[3].routeId must be 1 to 64 letters, digits, dots, dashes or underscores',
      'routes[4].routeId "basic" is there twice',
      'routes[5].description must be text',
      'routes[5].mimeType must be text',
      'routes[5].inputSchema must be an object',
      'routes[5].outputSchema must be an object',
    ])
  })

  test.each(['0', '$0', '', null, '-1', 0])(
    'the price %j is a mistake and not free',
    (unitAmount) => {
      expect(problemsOf([{ method: 'GET', path: '/a', unitAmount }])).toHaveLength(1)
    },
  )

  test.each([
    ...['', 'a', '//', '/a//b', '/a/../b', '/a/*/b', '/*/', '/a*', '/a:b', '/:', '/:1', '/:a/:a'],
    ...['/a?b', '/a b', '/%61', '/a%2Fb', '/é', '/a/:id?', '/(a|b)', 'https://x/a', '/a.'],
  ])('the path %j is no pattern', (path) => {
    const [problem, ...more] = problemsOf([{ method: 'GET', path }])
    if (path === '/(a|b)') expect(problem).toContain('.path')
    expect([problem?.startsWith('routes[0].path must be'), more]).toEqual([true, []])
  })

  test.each([
    ['/a', '/a'],
    ['/a', '/a/'],
    ['/a', '/A'],
    ['/a/:x', '/a/:y'],
    ['/a/*', '/a/*'],
    ['/a/:x', '/:y/b'],
    ['/a/*', '/:x/b'],
    ['/:x/c/*', '/b/:y/d'],
  ])('%s and %s are ambiguous', (one, other) => {
    const price = { method: 'GET', unitAmount: '1' }
    const routes = [one, other].map((path, at) => ({ ...price, path, routeId: `r${at}` }))
    expect(problemsOf(routes)).toEqual([`routes[1].path ${other} is ambiguous beside ${one}`])
  })

  test.each([
    ['/a', '/b'],
    ['/a/:x', '/a/b'],
    ['/a/*', '/a/b'],
    ['/a/*', '/a/:x'],
    ['/:x/*', '/a/*'],
    ['/a/:x', '/a/:x/c'],
    ['/', '/*'],
  ])('%s and %s are not', (one, other) => {
    const routes = [one, other].map((path) => ({ method: 'GET', path }))
    expect(problemsOf(routes)).toEqual([])
    expect(problemsOf(routes.toReversed())).toEqual([])
  })

  test('one path may have a price for each method', () => {
    expect(
      problemsOf([
        { method: 'GET', path: '/a' },
        { method: 'POST', path: '/a' },
      ]),
    ).toEqual([])
  })

  test('a seller of routes needs no plan', () => {
    expect(createCatalog([], 6, [{ method: 'GET', path: '/a' }]).plans).toEqual([])
  })
})
