import Results

extension SeriesCell {
  /// What a cell that compares models says where one alone has what it is of, as in a sweep whose runs have one attack, target or
  /// measure each.
  /// - Returns: nil where there are two or more, where the report has one model only, or where somebody selected one: then it is a
  ///   mistake of the template.
  func lone(_ context: CellContext) throws -> [CellContent]? {
    let found = try context.selection(self).summaries
    guard found.count == 1, let one = found.first, shown.models == SeriesOptions().models,
      context.data.results.models.count > 1
    else { return nil }
    let name = context.data.naming.label(one)
    return [.paragraph([ProseRun("Only \(name) has what would be compared here: there is nothing to hold it to.")])]
  }
}
