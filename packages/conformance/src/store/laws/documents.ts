import type { DocumentStore, Swapped } from '@key0/core'
import { expectSame } from '../assert.ts'
import type { DocumentRig } from '../documentConformance.ts'
import type { Law } from '../registerLaws.ts'

/** Texts that an engine may spoil: quotes, markers, other scripts, escapes, and a large one. */
const TEXTS = ['{"a":1}', '', '=', 'it\'s \\ "so"', 'ä€𝄞', 'a\nb\t', 'x'.repeat(300_000)]

async function put(documents: DocumentStore, name: string, text = name): Promise<void> {
  expectSame(await documents.swap(name, undefined, text), { kind: 'applied' }, `writing ${name}`)
}

const namesOf = async (listed: ReturnType<DocumentStore['list']>): Promise<readonly string[]> =>
  (await listed).map(({ name }) => name)

const lost = (text: string | undefined): Swapped => ({ kind: 'lost', text })

/** Every law of a `DocumentStore`. */
export const documentLaws: readonly Law<DocumentRig>[] = [
  {
    law: 'documents: what was swapped in is read by everybody, to the letter',
    async prove({ documents, peer }) {
      expectSame(await peer.get('note/none'), undefined, 'a name nobody wrote')
      for (const [index, text] of TEXTS.entries()) {
        await put(documents, `note/${index}`, text)
        expectSame(await peer.get(`note/${index}`), text, `text ${index}`)
      }
    },
  },
  {
    law: 'documents: a swap happens only where exactly the text before stands',
    async prove({ documents, peer }) {
      await put(documents, 'a', 'one')
      expectSame(await peer.swap('a', undefined, 'two'), lost('one'), 'where nothing should be')
      expectSame(await peer.swap('a', 'On', 'two'), lost('one'), 'where another should be')
      expectSame(await peer.swap('b', 'one', 'two'), lost(undefined), 'where something should be')
      expectSame(await documents.get('a'), 'one', 'the text')
      expectSame(await documents.get('b'), undefined, 'the other name')
      expectSame(await peer.swap('a', 'one', 'two'), { kind: 'applied' }, 'where it is')
      expectSame(await documents.get('a'), 'two', 'the text')
    },
  },
  {
    law: 'documents: a swap whose reply was lost is known again, and not done twice',
    async prove({ documents, peer }) {
      await put(documents, 'a', 'one')
      expectSame(await peer.swap('a', undefined, 'one'), { kind: 'replayed' }, 'making it again')
      await documents.swap('a', 'one', 'two')
      expectSame(await peer.swap('a', 'one', 'two'), { kind: 'replayed' }, 'changing it again')
      await documents.swap('a', 'two', undefined)
      expectSame(await peer.swap('a', 'two', undefined), { kind: 'replayed' }, 'removing it again')
    },
  },
  {
    law: 'documents: what is removed is gone, and its name may be used again',
    async prove({ documents, peer }) {
      await put(documents, 'a/1')
      await put(documents, 'a/2')
      expectSame(await documents.swap('a/1', 'no', undefined), lost('a/1'), 'removing another')
      expectSame(await documents.swap('a/1', 'a/1', undefined), { kind: 'applied' }, 'removing it')
      expectSame(await peer.get('a/1'), undefined, 'the text')
      expectSame(await namesOf(peer.list('a/', { limit: 9 })), ['a/2'], 'the names')
      await put(peer, 'a/1', 'again')
      expectSame(await documents.get('a/1'), 'again', 'the text')
    },
  },
  {
    law: 'documents: of twenty who swap the same text at once one succeeds',
    async prove({ documents, peer }) {
      const race = async (before: string | undefined, round: string): Promise<string> => {
        const tries = Array.from({ length: 20 }, (_, i) =>
          (i % 2 === 0 ? documents : peer).swap('a', before, `${round} by ${i}`),
        )
        const kinds = (await Promise.all(tries)).map(({ kind }) => kind)
        expectSame(kinds.filter((kind) => kind === 'applied').length, 1, `who won ${round}`)
        expectSame(kinds.filter((kind) => kind === 'lost').length, 19, `who lost ${round}`)
        const now = `${round} by ${kinds.indexOf('applied')}`
        expectSame(await peer.get('a'), now, `the text after ${round}`)
        return now
      }
      await race(await race(undefined, 'making'), 'changing')
    },
  },
  {
    law: 'documents: twenty who count in turn lose no count',
    async prove({ documents, peer }) {
      const count = async (store: DocumentStore, who: number): Promise<void> => {
        for (;;) {
          const before = await store.get('count')
          const next = Number(before?.split(' ')[0] ?? 0) + 1
          if ((await store.swap('count', before, `${next} ${who}`)).kind !== 'lost') return
        }
      }
      await Promise.all(
        Array.from({ length: 20 }, (_, i) => count(i % 2 === 0 ? documents : peer, i)),
      )
      expectSame((await documents.get('count'))?.split(' ')[0], '20', 'the count')
    },
  },
  {
    law: 'documents: a list has those of its prefix, by name, page by page',
    async prove({ documents, peer }) {
      const inside = ['a/00', 'a/01', 'a/02/x', 'a/1', 'a/b', 'a/z.z']
      for (const name of ['a', 'a.', 'a0', 'b/0', ...inside.toReversed()])
        await put(documents, name)
      const all = await peer.list('a/', { limit: 100 })
      expectSame(
        all,
        inside.map((name) => ({ name, text: name })),
        'the documents',
      )
      expectSame(await namesOf(peer.list('a/', { limit: 2 })), inside.slice(0, 2), 'a first page')
      const second = peer.list('a/', { after: 'a/01', limit: 3 })
      expectSame(await namesOf(second), inside.slice(2, 5), 'a second page')
      const last = peer.list('a/', { after: 'a/z.z', limit: 3 })
      expectSame(await namesOf(last), [], 'behind the last')
      expectSame(await namesOf(peer.list('c/', { limit: 3 })), [], 'of a prefix nobody has')
    },
  },
]
