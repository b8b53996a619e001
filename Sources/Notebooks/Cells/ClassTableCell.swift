import Figures
import Results
import Support

/// Whose images drift.
struct ClassTableCell: TableCell {
  static let key = "class-table"
  static let help =
    "One series by label, of labels with 5 images or more: MOD, accuracy and the most frequent wrong answer at the strongest "
    + "level shown; where labels are no classes predictions that held and the most frequent other one."
  static let product = CellProduct.table
  static let options: [DeclaredOption<Self>] =
    DeclaredOption<Self>.series + [
      .forEach,
      DeclaredOption(
        "most", \.most, .wholeNumber(in: 1...1000),
        help: "So many labels at most, those with the greatest MOD; the exported table has all."),
    ] + DeclaredOption<Self>.table
  static let examples = [
    CellExample(
      key, "Labels by their MOD; the ORL faces have one test image of each person, which is too few:", "models: [vgg16]"
    ),
    CellExample(
      "class-table-most", "At most the three that drift most:", "models: [vgg16]\nmost: 3\nintervals: none\ndigits: 2"),
  ]

  var shown = SeriesOptions(layers: [SeriesOptions.last])
  var look = TableLook()
  var most = 20
  var repetition: CellRepetition { .series }

  init() {}

  private func labels(_ context: CellContext, _ selection: Selection) throws -> [LabelSummary] {
    guard let summary = selection.summaries.first, let epsilon = selection.epsilons(of: summary).last else { return [] }
    return try context.data.results.labelSummaries(summary, epsilon: epsilon).sorted {
      $0.mod.value == $1.mod.value ? $0.label < $1.label : $0.mod.value > $1.mod.value
    }
  }

  func caption(_ context: CellContext) throws -> String {
    let selection = try context.selection(self)
    let found = try labels(context, selection)
    let name = selection.summaries.first.map(context.data.naming.label) ?? ""
    let counts = found.prefix(most).map(\.imageCount)
    let words = context.data.results.labels.words
    let shown =
      found.count > most ? " The \(most) of \(Numbers.grouped(found.count)) labels with the greatest MOD." : ""
    return
      "\(name) by label at ε\u{A0}=\u{A0}\(selection.epsilons.last.map(context.data.printed) ?? "–"), of labels with at least "
      + "\(ExperimentResults.fewestOfLabel) images, greatest MOD first.\(shown) "
      + "\(words.otherColumn.prefix(1).uppercased() + words.otherColumn.dropFirst()): what attacked images are most often taken "
      + "for\(context.data.results.labels == .classes ? "" : " instead")."
      + (look.showsIntervals && !found.isEmpty
        ? " \(look.noteWord): \(IntervalWords(counts).noun) (\(words.share): Wilson’s)." : "")
  }

  func content(_ context: CellContext) throws -> [CellContent] {
    let selection = try context.selection(self)
    guard let summary = selection.summaries.first else { return [] }
    let found = try labels(context, selection)
    let results = context.data.results
    guard !found.isEmpty else {
      return [
        .paragraph([
          ProseRun(
            "No label of \(context.data.naming.label(summary)) has \(ExperimentResults.fewestOfLabel) images: of fewer a mean by "
              + "label would say more of the images than of the label.")
        ])
      ]
    }
    let common = context.data.columns(look)
    func answer(_ label: LabelSummary) -> String {
      label.wrongAnswer.map { "\(results.predictionName($0)) (\(Numbers.grouped(label.wrongCount)))" } ?? "–"
    }
    let rows = found.prefix(most).map { label in
      [
        ResultTable.Cell(results.className(label.label)), ResultTable.Cell(Numbers.grouped(label.imageCount)),
        common.cell(label.mod), common.cell(label.accuracy, of: label.imageCount, counts: true),
        ResultTable.Cell(answer(label)),
      ]
    }
    let csvRows = found.map { label in
      common.csv(summary) + [String(label.label), results.className(label.label), String(label.imageCount)]
        + SeriesColumns.triple(label.mod) + SeriesColumns.triple(label.accuracy) + [
          String(label.accuracy.count), label.wrongAnswer.map { String($0) } ?? "",
          label.wrongAnswer.map(results.predictionName) ?? "", String(label.wrongCount),
        ]
    }
    let csvHead =
      common.csvHead + ["label", "name", "images"] + SeriesColumns.triple("mod") + SeriesColumns.triple("accuracy")
      + ["right", "wrong_answer", "wrong_name", "wrong_count"]
    let columns = [
      ResultTable.Column("label", .left), ResultTable.Column("images"), ResultTable.Column("MOD"),
      ResultTable.Column(results.labels.words.column, unit: "%"),
      ResultTable.Column(results.labels.words.otherColumn, .left),
    ]
    return [.table(ResultTable(columns: columns, rows: rows, csvHead: csvHead, csvRows: csvRows))]
  }
}
