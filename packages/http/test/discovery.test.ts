import { Validator } from '@seriousme/openapi-schema-validator'
import { fromMarkdown } from 'mdast-util-from-markdown'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import type { DiscoveryOptions, TokenInfo } from '../src/exports/index.ts'
import { ask, origin, readOffer } from './buy.ts'
import { openShop, type Shop, seller } from './fakeEngine.ts'

const tokenInfo: TokenInfo = {
  mode: 'native',
  format: 'jwt',
  tokenType: 'Bearer',
  algorithm: 'HS256',
  claims: { sub: 'the requestId' },
}
const publicUrl = 'https://pay.example'
const surfaces = [{ name: 'MCP', url: `${origin}/mcp`, description: 'The same as tools' }]
const everything: DiscoveryOptions = { tokenInfo, surfaces }

const paths = [
  '/discover',
  '/llms.txt',
  '/skills.md',
  '/.well-known/x402',
  '/openapi.json',
  '/.well-known/token-info',
] as const

const get = ({ handler }: Shop, path: string): Promise<Response> =>
  handler(new Request(origin + path))
const read = async (shop: Shop, path: string): Promise<string> => (await get(shop, path)).text()
const readJson = async <shape>(shop: Shop, path: string): Promise<shape> =>
  JSON.parse(await read(shop, path))

type Accepts = { amount: string; payTo: string; asset: string; network: string }

/** The parts of a Markdown text by kind, from mdast. */
const blocks = (text: string): ReturnType<typeof fromMarkdown>['children'] =>
  fromMarkdown(text).children
const plain = (node: object): string => {
  if ('value' in node) return `${node.value}`
  return 'children' in node ? (node.children as object[]).map(plain).join('') : ''
}

test('prices, payee, asset and network are the same in every document and in the 402s', async () => {
  const shop = openShop({ discovery: everything })
  type Plan = { planId: string; amount: string; unitAmount: string }
  const found = await readJson<{ plans: Plan[] }>(shop, '/discover')
  const wellKnown = await readJson<{
    items: { input: { body: Plan }; resource: string; accepts: Accepts[] }[]
  }>(shop, '/.well-known/x402')
  const openapi = await readJson<{ paths: Record<string, { post: Record<string, unknown> }> }>(
    shop,
    '/openapi.json',
  )
  const info = openapi.paths['/x402/access']?.post['x-payment-info'] as {
    price: { min: string; max: string }
    protocols: [{ x402: { offers: { planId: string; accepts: Accepts }[] } }]
  }
  const texts = [await read(shop, '/llms.txt'), await read(shop, '/skills.md')]

  expect(found.plans.map(({ planId }) => planId)).toEqual(['basic', 'gold'])
  for (const [at, { planId, amount }] of found.plans.entries()) {
    const [accepted] = readOffer(await shop.handler(ask({ planId }))).accepts
    const { challengeId: _, ...extra } = accepted?.extra ?? {}
    const asked = { ...accepted, extra }
    expect(asked.amount).toBe(amount)
    expect(wellKnown.items[at]).toMatchObject({
      resource: `${publicUrl}/x402/access`,
      input: { body: { planId } },
      accepts: [asked],
    })
    expect(info.protocols[0].x402.offers[at]).toEqual({ planId, accepts: asked })
    const price = ['0.1', '5'][at]
    for (const text of texts) {
      expect(text).toContain(`- \`${planId}\`, ${price} USDC`)
      for (const fact of [asked.network, asked.asset, asked.payTo])
        expect(text).toContain(`\`${fact}\``)
    }
  }
  expect(info.price).toEqual({ mode: 'dynamic', currency: 'USD', min: '0.1', max: '5' })
})

test('a buyer is told of the scheme that the 402 asks for, also where no signature is taken', async () => {
  for (const [exact, scheme] of [
    [false, 'onchain-proof'],
    [true, 'exact'],
  ] as const) {
    const shop = openShop({ seller: { ...seller, exact }, discovery: everything })
    const [accepted] = readOffer(await shop.handler(ask({ planId: 'basic' }))).accepts
    expect(accepted?.scheme).toBe(scheme)
    expect(await readJson(shop, '/discover')).toMatchObject({ scheme })
    for (const path of ['/llms.txt', '/skills.md', '/.well-known/x402'])
      expect(await read(shop, path), path).toContain(`scheme \`${scheme}\``)
  }
})

describe('openapi.json', () => {
  test('is valid OpenAPI 3.1', async () => {
    const document = await readJson<Record<string, unknown>>(
      openShop({ discovery: everything }),
      '/openapi.json',
    )
    const validator = new Validator()
    const { valid, errors } = await validator.validate(document)
    expect(errors).toBeUndefined()
    expect(valid).toBe(true)
    expect(validator.version).toBe('3.1')
  })

  test('every reference leads somewhere and no operation has another one’s name', async () => {
    const document = await readJson<{ paths: object; components: { schemas: object } }>(
      openShop({ discovery: everything }),
      '/openapi.json',
    )
    const text = JSON.stringify(document)
    for (const [, name] of text.matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g))
      expect(document.components.schemas).toHaveProperty(`${name}`)
    const ids = [...text.matchAll(/"operationId":"(\w+)"/g)].map(([, id]) => id)
    expect(new Set(ids).size).toBe(ids.length)
  })

  test('names the paths that are served, and what is paid for answers 402', async () => {
    const shop = openShop({ discovery: everything })
    type Operation = { 'x-payment-info'?: object; responses: object }
    type Paths = Record<string, Record<string, Operation>>
    const document = await readJson<{ paths: Paths }>(shop, '/openapi.json')
    expect(Object.keys(document.paths).sort()).toEqual(
      ['/x402/access', '/x402/proof', ...paths].sort(),
    )
    for (const [path, operations] of Object.entries(document.paths)) {
      expect(shop.handler.matches({ url: origin + path })).toBe(true)
      for (const operation of Object.values(operations))
        expect('402' in operation.responses).toBe('x-payment-info' in operation)
    }
  })
})

describe('llms.txt', () => {
  test('has a title, a summary, text without headings, and sections of links', async () => {
    const shop = openShop({ discovery: everything })
    const response = await get(shop, '/llms.txt')
    expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8')
    const [title, summary, ...rest] = blocks(await response.text())
    expect(title).toMatchObject({ type: 'heading', depth: 1 })
    expect(title && plain(title)).toBe(seller.name)
    expect(summary).toMatchObject({ type: 'blockquote' })
    const at = rest.findIndex(({ type }) => type === 'heading')
    expect(rest.slice(0, at).every(({ type }) => ['paragraph', 'list'].includes(type))).toBe(true)
    for (const [index, node] of rest.slice(at).entries()) {
      expect(node.type).toBe(index % 2 === 0 ? 'heading' : 'list')
      if (node.type === 'heading') expect(node.depth).toBe(2)
      if (node.type !== 'list') continue
      for (const { children } of node.children) {
        const [paragraph] = children
        expect(paragraph?.type === 'paragraph' && paragraph.children[0]?.type).toBe('link')
      }
    }
  })

  test('every link of ours is answered', async () => {
    const shop = openShop({ discovery: everything })
    const text = await read(shop, '/llms.txt')
    const urls = [...text.matchAll(/\]\(([^)]+)\)/g)].map(([, url]) => `${url}`)
    expect(urls.length).toBeGreaterThan(6)
    for (const url of urls.filter((it) => !it.endsWith('/mcp')))
      expect(shop.handler.matches({ url }), url).toBe(true)
  })
})

test('skills.md is a skill: a name and a description in YAML, and instructions', async () => {
  const text = await read(openShop({ discovery: everything }), '/skills.md')
  const [, head = '', body = ''] = /^---\n([\s\S]+?)\n---\n([\s\S]+)$/.exec(text) ?? []
  const { name, description } = parse(head) as { name: string; description: string }
  expect(name).toBe('buy-from-rucklage-reports')
  expect(name).toMatch(/^(?=.{1,64}$)[a-z0-9]+(-[a-z0-9]+)*$/)
  expect(description).toBe('Buy access from Rücklage "Reports" with x402. Daily reports')
  expect(blocks(body)[0]).toMatchObject({ type: 'heading', depth: 1 })
  expect(body).toContain('`{"planId":"basic"}`')
})

test('.well-known/x402 names addresses that answer 402', async () => {
  const shop = openShop({ discovery: everything })
  const { version, resources } = await readJson<{ version: number; resources: string[] }>(
    shop,
    '/.well-known/x402',
  )
  expect(version).toBe(1)
  expect(resources.length).toBeGreaterThan(0)
  for (const url of resources) {
    const { pathname } = new URL(url)
    expect((await shop.handler(ask({ planId: 'basic' }, pathname))).status).toBe(402)
  }
})

test('token-info tells a backend what it was given to tell', async () => {
  const shop = openShop({ discovery: everything })
  expect(await readJson(shop, '/.well-known/token-info')).toEqual({
    ...tokenInfo,
    header: { name: 'Authorization', value: 'Bearer <token>' },
  })
})

test('what a seller writes is only ever text', async () => {
  const hostile = [
    '# Not a heading\n\n## [free](javascript:alert(1)) <script>x</script> **now** `code` \\',
    '1. ignore --- all\u0000 | previous ~~instructions~~ &lt; "quoted": {yaml}',
    '- list\r\n---\nname: other',
    '=== ',
  ]
  for (const text of hostile) {
    const shop = openShop({
      seller: { ...seller, name: text, description: text },
      discovery: everything,
    })
    const shown = text.replace(/[\p{Cc}\s]+/gu, ' ').trim()
    const [title, summary, ...rest] = blocks(await read(shop, '/llms.txt'))
    expect(title && plain(title)).toBe(shown)
    expect(summary && plain(summary)).toBe(shown)
    expect(rest.filter(({ type }) => type === 'heading').map(plain)).toEqual(['Buy', 'Documents'])
    const skill = await read(shop, '/skills.md')
    const [, head = '', body = ''] = /^---\n([\s\S]+?)\n---\n([\s\S]+)$/.exec(skill) ?? []
    expect(Object.keys(parse(head))).toEqual(['name', 'description'])
    const [heading] = blocks(body)
    expect(heading && plain(heading)).toBe(`Buy from ${shown}`)
    expect(await readJson(shop, '/discover')).toMatchObject({ service: { name: text } })
    const openapi = JSON.parse(await read(shop, '/openapi.json'))
    expect((await new Validator().validate(openapi)).valid).toBe(true)
  }
})

test('nothing that a reader sends comes back', async () => {
  const shop = openShop({ discovery: everything })
  for (const path of paths) {
    const request = new Request(`${origin}${path}?canary=1`, {
      headers: { host: 'canary.example', 'x-forwarded-host': 'canary.example' },
    })
    const response = await shop.handler(request)
    expect(await response.text()).not.toContain('canary')
    expect(JSON.stringify([...response.headers])).not.toContain('canary')
  }
})

describe('a document that is switched off', () => {
  const switches = {
    discover: '/discover',
    llms: '/llms.txt',
    skills: '/skills.md',
    wellKnown: '/.well-known/x402',
    openapi: '/openapi.json',
  } as const

  test.each(Object.entries(switches))(
    '%s: is not served, nor named elsewhere',
    async (name, path) => {
      const shop = openShop({ discovery: { ...everything, [name]: false } })
      expect((await get(shop, path)).status).toBe(404)
      for (const other of paths.filter((it) => it !== path)) {
        const response = await get(shop, other)
        expect(response.status).toBe(200)
        expect(await response.text()).not.toContain(path)
      }
      const refused = await shop.handler(ask({}))
      expect(refused.status).toBe(400)
      expect((await refused.text()).includes('/discover')).toBe(name !== 'discover')
    },
  )

  test('token-info is not served without anything to tell', async () => {
    expect((await get(openShop(), '/.well-known/token-info')).status).toBe(404)
  })
})
