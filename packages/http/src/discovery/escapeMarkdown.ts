/**
 * A seller's text as one line of Markdown (CommonMark 0.31) that says what it says: it cannot begin
 * a heading, a list or a block of code, nor become a link, a tag or an emphasis.
 */
export function escapeMarkdown(text: string): string {
  const line = text.replace(/[\p{Cc}\s]+/gu, ' ').trim()
  const inside = line.replace(/[\\`*_[\]<>#|~&]/g, '\\$&')
  return inside.replace(/^[-+=:]/, '\\$&').replace(/^\d+(?=[.)])/, '$&\\')
}
