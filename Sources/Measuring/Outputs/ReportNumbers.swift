import Results
import Support

/// A row of `results.csv`.
struct ReportRow {
  /// At least those that every version writes.
  var fields: [String]
  /// Of the first measure, into the fields.
  var measure: Int
  /// Of what names attack and explanation, into the fields; nil in tables of the first versions.
  var methods: Int?

  var image: String { fields[1] }
  /// Model, image, target, layer, epsilon, attack and explanation.
  var name: [String] { [fields[0], fields[1], fields[3], fields[4], fields[5]] + named }
  /// All but the image.
  var series: String {
    "\(fields[0]) at \(fields[4]), \(fields[3]), \((named + ["epsilon \(fields[5])"]).joined(separator: ", "))"
  }
  private var named: [String] { methods.map { Array(fields[$0..<$0 + ResultsCSV.methods.count]) } ?? [] }
  var predictions: [String] { Array(fields[6...7]) }
  var dissimilarity: Double { Double(fields[measure]) ?? .nan }
}

/// The numbers of several reports, row beside row: of each row some bytes are kept, none of its text, so that tables of millions
/// of rows need no more memory than their files.
struct ReportNumbers {
  /// Rows of one model, layer, target, attack, explanation and level.
  struct Series {
    var name: String
    /// Rows that all reports have.
    var rows = 0
    /// Of these, those that are not the same in all.
    var differing = 0
    /// Those with other predictions, and those to which the measure gives a value in some reports only.
    var flips = 0
    var gaps = 0
    /// The row whose measure lies furthest apart, where any does.
    var moved: (image: String, spread: Double)?
    /// Of each report.
    var sums: [(sum: Double, count: Int)]
  }

  /// In the order of the first report.
  private(set) var series: [Series] = []
  /// Of each report.
  private(set) var rowCounts: [Int]
  /// Rows that all reports have.
  private(set) var commonRows = 0
  /// Those that are the same in all.
  private(set) var equalRows = 0

  /// What tells a row from the others: two sums by keys of this process, so that no table can be made in which two rows are one.
  private struct Key: Hashable, Comparable {
    var first: Int
    var second: Int

    init(_ name: [String]) {
      func sum(_ salt: Int) -> Int {
        var hasher = Hasher()
        hasher.combine(salt)
        hasher.combine(name)
        return hasher.finalize()
      }
      first = sum(1)
      second = sum(2)
    }

    static func < (a: Key, b: Key) -> Bool { (a.first, a.second) < (b.first, b.second) }
  }

  /// What one report says of the first one's rows.
  private struct Column {
    var isThere: [Bool]
    var fields: [Int]
    var predictions: [Int]
    var values: [Double]

    init(rows: Int) {
      isThere = [Bool](repeating: false, count: rows)
      fields = [Int](repeating: 0, count: rows)
      predictions = fields
      values = [Double](repeating: .nan, count: rows)
    }

    mutating func set(_ place: Int, _ row: ReportRow) {
      isThere[place] = true
      fields[place] = row.fields.hashValue
      predictions[place] = row.predictions.hashValue
      values[place] = row.dissimilarity
    }
  }

  /// The rows of the first report.
  private struct Base {
    var keys: [Key] = []
    var series: [Int32] = []
    var images: [Int32] = []
    var imageNames: [String] = []
    var seriesNames: [String] = []
    /// Into the rows, by their keys.
    private var order: [Int32] = []

    mutating func sort() { order = keys.indices.map { Int32($0) }.sorted { keys[Int($0)] < keys[Int($1)] } }

    /// - Parameter next: where it most likely is: tables have their rows in the same order, nearly always.
    func place(of key: Key, next: Int) -> Int? {
      if next < keys.count, keys[next] == key { return next }
      var (low, high) = (0, order.count)
      while low < high {
        let middle = (low + high) / 2
        if keys[Int(order[middle])] < key { low = middle + 1 } else { high = middle }
      }
      return low < order.count && keys[Int(order[low])] == key ? Int(order[low]) : nil
    }
  }

  /// - Parameter records: at least one.
  /// - Throws: `Problem` where a table is none of ours, or damaged.
  init(_ records: [ReportRecord]) throws(Problem) {
    rowCounts = records.map { _ in 0 }
    guard let first = records.first else { return }
    let columns = records.map(\.columns).min() ?? 0
    var base = Base()
    var own = Column(rows: 0)
    var (images, places): ([String: Int32], [String: Int32]) = ([:], [:])
    try first.forEachRow(columns: columns) { (row) throws(Problem) in
      base.keys.append(Key(row.name))
      func number(_ text: String, _ known: inout [String: Int32], _ names: inout [String]) -> Int32 {
        if let found = known[text] { return found }
        known[text] = Int32(names.count)
        names.append(text)
        return Int32(names.count - 1)
      }
      base.series.append(number(row.series, &places, &base.seriesNames))
      base.images.append(number(row.image, &images, &base.imageNames))
      own.isThere.append(true)
      own.fields.append(row.fields.hashValue)
      own.predictions.append(row.predictions.hashValue)
      own.values.append(row.dissimilarity)
    }
    base.sort()
    rowCounts[0] = base.keys.count
    var all = [own]
    for (index, record) in records.enumerated().dropFirst() {
      var column = Column(rows: base.keys.count)
      var next = 0
      try record.forEachRow(columns: columns) { (row) throws(Problem) in
        rowCounts[index] += 1
        guard let place = base.place(of: Key(row.name), next: next) else { return }
        column.set(place, row)
        next = place + 1
      }
      all.append(column)
    }
    add(base, all)
  }

  private mutating func add(_ base: Base, _ columns: [Column]) {
    series = base.seriesNames.map { Series(name: $0, sums: columns.map { _ in (0, 0) }) }
    for row in base.keys.indices where columns.allSatisfy({ $0.isThere[row] }) {
      commonRows += 1
      let place = Int(base.series[row])
      let values = columns.map { $0.values[row] }
      let known = values.filter { !$0.isNaN }
      series[place].rows += 1
      for (report, value) in values.enumerated() where !value.isNaN {
        series[place].sums[report].sum += value
        series[place].sums[report].count += 1
      }
      func differ(_ part: KeyPath<Column, [Int]>) -> Bool {
        columns.contains { $0[keyPath: part][row] != columns[0][keyPath: part][row] }
      }
      guard differ(\.fields) else {
        equalRows += 1
        continue
      }
      series[place].differing += 1
      if differ(\.predictions) { series[place].flips += 1 }
      if !known.isEmpty, known.count < values.count { series[place].gaps += 1 }
      if known.count == values.count, let least = known.min(), let most = known.max(), most > least,
        most - least > series[place].moved?.spread ?? 0
      {
        series[place].moved = (base.imageNames[Int(base.images[row])], most - least)
      }
    }
  }
}
