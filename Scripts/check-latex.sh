#!/usr/bin/env bash
# Compiles every table and figure of a report with pdfLaTeX as a paper of two columns would, and says which of them is too
# wide: tables/*.tex and figures/*-column.pdf in a column, *-wide.tex and the other figures over the text.
#   Scripts/check-latex.sh REPORT-FOLDER [COLUMN-WIDTH [TEXT-WIDTH]]    widths as TeX has them; 234pt and 495pt unless given
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
{
  echo '\documentclass[10pt]{article}'
  echo '\usepackage{booktabs,graphicx}'
  echo "\\setlength{\\textwidth}{$text}\\setlength{\\textheight}{700pt}\\setlength{\\topmargin}{-50pt}\\setlength{\\oddsidemargin}{-20pt}"
  echo '\hfuzz=0.05pt \parindent=0pt \begin{document}'
  for file in "$folder"/tables/*.tex; do
    width=$column
    case $file in *-wide.tex | *-text.tex) width='\textwidth' ;; esac
    echo "\\typeout{CHECK $(basename "$file")}\\noindent\\begin{minipage}[t]{$width}\\centering\\input{$file}\\end{minipage}\\clearpage"
  done
  for file in "$folder"/figures/*.pdf; do
    width='\textwidth'
    case $file in *-column.pdf | *-narrow.pdf) width=$column ;; esac
    echo "\\typeout{CHECK $(basename "$file")}\\noindent\\begin{minipage}[t]{$width}\\includegraphics{$file}\\end{minipage}\\clearpage"
  done
  echo '\end{document}'
} >"$work/main.tex"
if ! (cd "$work" && pdflatex -halt-on-error -interaction=nonstopmode -no-shell-escape main.tex >main.out 2>&1); then
  grep -A3 '^!' "$work/main.out" || tail -20 "$work/main.out"
  echo "check-latex: pdfLaTeX failed"
  exit 1
fi
# A line of the log says what is overfull behind the name of its file.
if awk '/^CHECK /{name=$2} /^Overfull \\hbox/{print name ": " $0; found=1} END{exit !found}' "$work/main.out"; then
  echo "check-latex: what is named above is too wide"
  exit 1
fi
echo "check-latex: $(grep -c '^CHECK .*tex' "$work/main.out") tables and $(grep -c '^CHECK .*pdf' "$work/main.out") figures fit $column and $text"
