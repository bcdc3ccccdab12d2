import { html } from '../html.ts';
import { type Page, scrollRegion, type Section } from '../page.ts';

/** What is needed to run it again: judge, versions, machine, times, configuration. */
export function recordSection({ data: { record, judge, configuration, results, rankingResults } }: Page): Section {
  const facts = record.map(
    ({ name, value }) =>
      html`<tr>
        <th scope="row"><bdi>${name}</bdi></th>
        <td><bdi>${value}</bdi></td>
      </tr> `,
  );
  return {
    id: 'configuration',
    heading: 'Configuration and record',
    body: html`${
        results.length === 0 && rankingResults.length > 0
          ? undefined
          : html`<h3>Judge</h3>
              <p><bdi>${judge.name}</bdi>${judge.isProxy ? ', a proxy judge' : ''}: <bdi>${judge.description}</bdi></p> `
      }
      <h3>Record</h3>
      ${scrollRegion(
        'Record of the run',
        '',
        html`<table class="record">
          <caption class="unseen">
            Record of the run
          </caption>
          <tbody>
            ${facts}
          </tbody>
        </table>`,
      )}
      <h3>Full configuration</h3>
      <pre class="scroll" role="region" aria-label="Full configuration" tabindex="0"><code>${configuration}</code></pre>`,
  };
}
