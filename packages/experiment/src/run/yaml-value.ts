import { ConfigError } from '@pharmacist/core';
// The YAML library of the widest use that keeps to YAML 1.2, names lines in its errors and never makes anything but plain data; ISC.
import { type Document, isNode, Lexer, LineCounter, type Node, parseDocument, Parser, visit } from 'yaml';

/** Far beyond any configuration; the library takes time in proportion to the square of the keys. */
const MAX_CHARACTERS = 2 ** 16;
/** Deepest nesting: the library goes as deep on the stack. */
const MAX_DEPTH = 100;
/** Most nodes that aliases of one anchor stand for. */
const MAX_ALIASES = 100;
const HINT = 'correct the file; configs/small.yaml is an example';

/**
 * The value of a YAML text: plain data without cycles.
 * @param where names the text in messages. @param ownHint how to correct a mistake in it.
 * @throws {ConfigError} with the line, where there is one, of a syntax error or of an alias that refers to nothing or to what it is part of;
 *   if the text is long, deep or by its aliases longer beyond any configuration.
 */
export function yamlValue(text: string, where: string, ownHint = HINT): unknown {
  const fail = (what: string, { line, hint = ownHint }: { line?: number | undefined; hint?: string } = {}): never => {
    throw new ConfigError(what, { where: line === undefined ? where : `${where}:${line}`, hint });
  };
  if (text.length > MAX_CHARACTERS)
    fail(`has ${text.length} characters, far more than a configuration`, { hint: 'name the configuration of a run' });
  const deepLine = lineNestedDeeper(text);
  if (deepLine !== undefined) fail(`is nested deeper than ${MAX_DEPTH} lists and mappings`, { line: deepLine });
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { prettyErrors: true, uniqueKeys: true, lineCounter, logLevel: 'error' });
  const [error] = document.errors;
  if (error !== undefined) fail(`is not YAML: ${error.message.split('\n')[0]!.replace(/:$/, '')}`, { line: error.linePos?.[0].line });
  const [warning] = document.warnings;
  if (warning !== undefined)
    fail(`is not plain YAML: ${warning.message.split('\n')[0]!.replace(/:$/, '')}`, { line: warning.linePos?.[0].line });
  const alias = wrongAlias(document);
  if (alias !== undefined) fail(alias.what, { line: lineCounter.linePos(alias.at).line, hint: 'write the value out in its place' });
  try {
    return document.toJS({ maxAliasCount: MAX_ALIASES });
  } catch (failure) {
    // What is left for it to refuse: aliases that double and double again.
    if (!(failure instanceof ReferenceError)) throw failure;
    return fail(
      `has aliases that stand for more than ${MAX_ALIASES} values of one anchor: written out, it would be far longer than it is`,
      {
        hint: 'write the values out',
      },
    );
  }
}

/** The line on which a text becomes nested too deeply, told without going that deep. */
function lineNestedDeeper(text: string): number | undefined {
  const parser = new Parser();
  let line = 1;
  for (const lexeme of new Lexer().lex(text)) {
    for (const _ of parser.next(lexeme)) continue;
    if (parser.stack.length > MAX_DEPTH) return line;
    line += lexeme.split('\n').length - 1;
  }
  return undefined;
}

/** The first alias that refers to no anchor before it, or to a value that it is part of; and where it is. */
function wrongAlias(document: Document.Parsed): { what: string; at: number } | undefined {
  const anchors = new Map<string, Node>();
  let wrong: { what: string; at: number } | undefined;
  visit(document, {
    Alias(_, { source, range }, path) {
      const target = anchors.get(source);
      if (target !== undefined && !path.includes(target)) return undefined;
      const what = target === undefined ? 'refers to no anchor before it' : 'is part of the value that it refers to';
      wrong = { what: `the alias *${source} ${what}`, at: range?.[0] ?? 0 };
      return visit.BREAK;
    },
    Node(_, node) {
      if (isNode(node) && 'anchor' in node && typeof node.anchor === 'string') anchors.set(node.anchor, node);
    },
  });
  return wrong;
}
