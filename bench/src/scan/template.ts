import { authorizationRef, type ChallengeStore } from '@key0/core'
import { mintPurchases, type Purchase, take } from '../stores/purchases.ts'

/** Stands in a template where each copy has its number, eight digits long. */
export const marker = '90909090'
/** When the template was paid: each copy a millisecond later than the one before. */
export const paidAt: Date = new Date('2001-01-01T00:00:00.000Z')

const toDigits = (number: number): string => String(number).padStart(8, '0')
export const idOf = (digits: string): string => `http-${'c'.repeat(32)}${digits}`

/** A purchase whose every id has `digits` in it, as long as a real one. */
export function mintTemplate(digits: string): Purchase {
  const [minted] = mintPurchases(0, 1) as readonly [Purchase]
  const { chainId, token } = minted.base
  const from = `0x${'f'.repeat(32)}${digits}` as const
  const nonce = `0x${'e'.repeat(56)}${digits}` as const
  const keyOf = (letter: string): string => `${letter.repeat(32)}${digits}`
  return {
    ...minted,
    base: { ...minted.base, challengeId: idOf(digits), requestId: keyOf('d') },
    paymentRef: authorizationRef({ chainId, token, from, nonce }),
    paid: {
      txHash: `0x${'a'.repeat(56)}${digits}`,
      paidAt,
      fromAddress: from,
      paidBlock: { number: 1n, hash: `0x${'b'.repeat(56)}${digits}` },
    },
    keys: { create: keyOf('1'), settle: keyOf('2'), transition: keyOf('3') },
  }
}

export async function buy(store: ChallengeStore, purchase: Purchase): Promise<void> {
  await take(store, 'create', purchase)
  await take(store, 'settle', purchase)
}

/** Sees to it that a copy is, through the store, exactly the template with another number. */
export async function assertCopied(store: ChallengeStore, number: number): Promise<void> {
  const digits = toDigits(number)
  const tell = async (id: string): Promise<string> => {
    const record = await store.get(id)
    const claim = record?.paymentRef && (await store.getClaim(record.paymentRef))
    const trail = (await store.history(id)).map(({ sequence: _, ...entry }) => entry)
    return JSON.stringify({ ...record, claim, trail }, (_, value: unknown) =>
      typeof value === 'bigint' ? `${value}` : value,
    )
  }
  const copiedAt = new Date(paidAt.getTime() + number).toISOString()
  const expected = (await tell(idOf(marker)))
    .replaceAll(marker, digits)
    .replaceAll(paidAt.toISOString(), copiedAt)
  const found = await tell(idOf(digits))
  if (found !== expected && sorted(found) !== sorted(expected))
    throw new Error(`copy ${number} differs: ${found} instead of ${expected}`)
}

/** Fields of a hash come in any order. */
const sorted = (text: string): string => [...text].sort().join('')
