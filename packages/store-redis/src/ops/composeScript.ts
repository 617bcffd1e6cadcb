import { prelude } from './scripts.ts'

/** The shared part by its definitions, each with the names it defines. */
const definitions = prelude.split(/\n(?=local )/).map((text) => {
  const [, names = ''] = /^local (?:function )?([\w, ]+?)(?: =|\(|\n|$)/.exec(text) ?? []
  return { text, names: names.split(', ').filter((name) => name !== '') }
})

/**
 * The whole text of an operation: its own and the shared definitions that it uses, directly or
 * not. Lua makes all functions of a text anew at every call, so none is sent that nobody calls.
 */
export function composeScript(body: string): string {
  const used = new Set<string>()
  const visit = (text: string): void => {
    for (const word of spokenIn(text).match(/\w+/g) ?? []) {
      const definition = definitions.find(({ names }) => names.includes(word))
      if (!definition || used.has(word)) continue
      used.add(word)
      visit(definition.text)
    }
  }
  visit(body)
  const parts = definitions.filter(({ names }) => names.some((name) => used.has(name)))
  return [...parts.map(({ text }) => text), body].join('\n')
}

/** What Lua executes: neither comments nor texts. */
function spokenIn(text: string): string {
  return text.replace(/--\[\[.*?\]\]|--[^\n]*|"[^"\n]*"/gs, '')
}
