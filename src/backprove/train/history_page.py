"""A history as a piece of HTML for notebooks: the curves and the table, nothing from outside."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from backprove.messages import current_language, render
from backprove.train.history_chart import chart
from backprove.train.history_table import EMPTY, FOOTER, best_rows, columns, heading, number

if TYPE_CHECKING:
    from backprove.train.history import History

_LIGHT = (
    "--ink:#1b1f24;--soft:#59636e;--line:#d1d9e0;--paper:#ffffff;--train:#0060a8;--val:#b84a00;"
)
_DARK = "--ink:#e6e9ed;--soft:#a3adb8;--line:#3d4550;--paper:#16191d;--train:#63b3f2;--val:#f0a04b;"
_ROOT = ".backprove-history"
_STYLE = f"""
{_ROOT}{{{_LIGHT}color:var(--ink);background:var(--paper);padding:12px 16px;max-width:820px;
font:14px/1.5 system-ui,"PingFang SC","Microsoft YaHei","Noto Sans CJK SC",sans-serif}}
@media (prefers-color-scheme:dark){{{_ROOT}{{{_DARK}}}}}
[data-jp-theme-light="true"] {_ROOT},.vscode-light {_ROOT}{{{_LIGHT}}}
[data-jp-theme-light="false"] {_ROOT},.vscode-dark {_ROOT}{{{_DARK}}}
{_ROOT} svg{{display:block;width:100%;height:auto;font-family:inherit}}
{_ROOT} svg text{{fill:var(--soft);font-size:13px}}
{_ROOT} .rows{{max-height:22em;overflow:auto;margin-top:8px}}
{_ROOT} table{{border-collapse:collapse;color:var(--ink);font-variant-numeric:tabular-nums}}
{_ROOT} th,{_ROOT} td{{padding:3px 8px;text-align:right;border-bottom:1px solid var(--line);
background:var(--paper);white-space:nowrap}}
{_ROOT} th{{position:sticky;top:0;color:var(--soft);font-weight:600}}
{_ROOT} td.best{{font-weight:700}}
{_ROOT} p{{margin:8px 0 0;color:var(--soft);font-size:12px}}
@media print{{{_ROOT} .rows{{max-height:none}}}}
"""


def html(history: History) -> str:
    """The whole piece, every text escaped."""
    language = "zh-CN" if current_language() == "zh" else "en"
    parts = [chart(history)]
    if history.records:
        label = escape(render("the epochs of the training run"), quote=True)
        parts.append(
            f'<div class="rows" role="region" tabindex="0" aria-label="{label}">'
            f"{_table(history)}</div><p>{escape(render(FOOTER))}</p>"
        )
    elif not history.step_losses:
        parts = [f"<p>{escape(render(EMPTY))}</p>"]
    inner = "".join(parts)
    return f'<div class="backprove-history" lang="{language}"><style>{_STYLE}</style>{inner}</div>'


def _table(history: History) -> str:
    names, best = columns(history), best_rows(history)
    head = "".join(f'<th scope="col">{escape(heading(name))}</th>' for name in names)
    body = []
    for index, record in enumerate(history.records):
        cells = []
        for name in names:
            marked = best.get(name) == index
            shown = escape(number(name, record.get(name))) + ("*" if marked else "&#8199;")
            cells.append(f'<td class="best">{shown}</td>' if marked else f"<td>{shown}</td>")
        body.append(f"<tr>{''.join(cells)}</tr>")
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(body)}</tbody></table>"
