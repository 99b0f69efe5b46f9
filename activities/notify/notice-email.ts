import type { Email } from './email.js';
import { escapeHtml, htmlParagraph, htmlTable } from './html.js';
import { type Notice, shownFacts } from './notice.js';

/** A notice as an email to the connection's own recipients. */
export function noticeEmail(notice: Notice): Email {
  const facts = shownFacts(notice);
  const link = notice.url === undefined ? '' : `<p><a href="${escapeHtml(notice.url)}">Look at it</a></p>`;
  return {
    subject: notice.severity === 'info' ? notice.title : `[${notice.severity}] ${notice.title}`,
    text: [notice.text, facts.map(([label, value]) => `${label}: ${value}`).join('\n'), notice.url ?? ''].filter((part) => part !== '').join('\n\n'),
    html: `<h2>${escapeHtml(notice.title)}</h2>${htmlParagraph(notice.text)}${htmlTable(facts)}${link}`,
  };
}
