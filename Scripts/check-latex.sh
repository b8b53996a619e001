#!/usr/bin/env bash
# Compiles every table and figure of a report with pdfLaTeX in an article of two columns, tables/*.tex and
# figures/*-column.pdf in a column, *-wide.tex and the other figures over both, and fails for every warning and for whatever is
# too wide.
#   Scripts/check-latex.sh REPORT-FOLDER [COLUMN-WIDTH [TEXT-WIDTH]]    widths as TeX has them; 234.9pt and 496.9pt unless given
# Skipped, saying so, where pdflatex is missing (texlive-latex-base, texlive-latex-recommended).
set -euo pipefail
folder=$(cd "${1:?"usage: $0 REPORT-FOLDER [COLUMN-WIDTH [TEXT-WIDTH]]"}" && pwd)
column=${2:-234.9pt}
text=${3:-496.9pt}
if ! command -v pdflatex >/dev/null; then
  echo "check-latex: skipped, pdflatex is not installed (apt-get install texlive-latex-base texlive-latex-recommended)"
  exit 0
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
shopt -s nullglob
preamble() {
  echo '\documentclass[10pt,twocolumn]{article}'
  echo '\usepackage{booktabs,graphicx}'
  echo "\\setlength{\\textwidth}{$text}\\setlength{\\columnsep}{\\dimexpr $text - $column - $column\\relax}"
  # Pages of any height: whoever puts a long table into a paper cuts it.
  echo '\setlength{\textheight}{1400pt}\pdfpageheight=1600pt \setlength{\topmargin}{-50pt}\setlength{\oddsidemargin}{-20pt}'
  echo '\hfuzz=0.05pt \vbadness=10000 \parindent=0pt \pagestyle{empty} \begin{document}'
}
{
  preamble
  for file in "$folder"/tables*/*.tex; do
    star=
    case $file in *-wide.tex | *-text.tex) star='*' ;; esac
    echo "\\typeout{CHECK $(basename "$file")}"
    if [ -n "$star" ]; then
      echo "\\twocolumn[\\begin{minipage}{\\textwidth}\\input{$file}\\end{minipage}]\\null\\clearpage"
    else
      echo "\\begin{minipage}{\\columnwidth}\\input{$file}\\end{minipage}\\clearpage"
    fi
  done
  for file in "$folder"/figures*/*.pdf; do
    star='*'
    case $file in *-column.pdf | *-narrow.pdf) star= ;; esac
    echo "\\typeout{CHECK $(basename "$file")}"
    echo "\\begin{figure$star}[p]\\includegraphics{$file}\\caption{$(basename "$file" .pdf)}\\end{figure$star}\\clearpage"
  done
  echo '\end{document}'
} >"$work/main.tex"
# Several figures on one page, as papers have them.
{
  preamble
  echo '\typeout{CHECK together}\hbadness=10000'
  for file in "$folder"/figures*/*-column.pdf; do echo "\\includegraphics[width=0.3\\columnwidth]{$file}"; done
  echo '\null\end{document}'
} >"$work/together.tex"
for name in main together; do
  (cd "$work" && pdflatex -halt-on-error -interaction=nonstopmode -no-shell-escape $name.tex >$name.out 2>&1) && continue
  grep -A3 '^!' "$work/$name.out" || tail -20 "$work/$name.out"
  echo "check-latex: pdfLaTeX failed"
  exit 1
done
# The log says what is wrong behind the name of its file.
if awk '/^CHECK /{name=$2} /^Overfull|^Underfull|[Ww]arning/{print name ": " $0; found=1} END{exit !found}' "$work/main.out" "$work/together.out"; then
  echo "check-latex: pdfLaTeX warns of what is named above"
  exit 1
fi
echo "check-latex: $(grep -c '^CHECK .*tex' "$work/main.out") tables and $(grep -c '^CHECK .*pdf' "$work/main.out") figures fit $column and $text, no warning"
