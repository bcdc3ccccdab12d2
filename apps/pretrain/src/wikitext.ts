import { splitSentences } from './text-shape.ts';

/** Removes the spaces and marks that WikiText's word tokenisation left. */
function detokenizeWikitext(text: string): string {
  return text
    .replace(/ @([-,.])@ /gu, '$1')
    .replace(/ ([,.;:!?%)\]]|'s\b|n't\b|'(?:re|ve|ll|d|m)\b)/gu, '$1')
    .replace(/([([$£€]) /gu, '$1')
    .replace(/" ([^"\n]*?) "/gu, '"$1"')
    .replace(/ {2,}/gu, ' ');
}

/**
 * Articles of a WikiText file as plain text: headings become lines of their own, sentences with an unknown word (`<unk>`) are left out,
 * and so are articles of which fewer than `minChars` characters stay.
 */
export function wikitextArticles(file: string, minChars = 200): string[] {
  const articles: string[][] = [];
  for (const rawLine of file.split('\n')) {
    const line = rawLine.trim();
    if (line === '') continue;
    const heading = /^(=(?: =)*) (.+?) \1$/u.exec(line);
    if (heading !== null) {
      if (heading[1] === '=' || articles.length === 0) articles.push([]);
      if (!heading[2]!.includes('<unk>')) articles.at(-1)!.push(detokenizeWikitext(heading[2]!));
      continue;
    }
    const sentences = splitSentences(line).filter((sentence) => !sentence.includes('<unk>'));
    const paragraph = detokenizeWikitext(sentences.join('').trim());
    if (articles.length === 0) articles.push([]);
    if (paragraph !== '') articles.at(-1)!.push(paragraph);
  }
  return articles.map((lines) => lines.join('\n')).filter((article) => article.length >= minChars);
}
