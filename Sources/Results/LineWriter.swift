/// Lines of a table as bytes, field by field.
///
/// Neighbouring rows say much the same: what was written last in a column is not made again where it is wanted again, which
/// spares most of the time that numbers in decimals take.
struct LineWriter {
  var bytes: [UInt8] = []
  private var column = 0
  private var lasting: [(number: UInt64, text: [UInt8])] = []
  private var names: [(name: String, text: [UInt8])] = []

  private mutating func separate() {
    if column > 0 { bytes.append(UInt8(ascii: ",")) }
    column += 1
  }

  mutating func end() {
    bytes.append(UInt8(ascii: "\n"))
    column = 0
  }

  mutating func addNothing() { separate() }

  /// As it is.
  mutating func add(_ text: String) {
    separate()
    bytes.append(contentsOf: text.utf8)
  }

  /// As `ResultsCSV.field` writes it.
  mutating func field(_ text: String) {
    separate()
    while names.count < column { names.append(("", [])) }
    if names[column - 1].name != text { names[column - 1] = (text, Array(ResultsCSV.field(text).utf8)) }
    bytes.append(contentsOf: names[column - 1].text)
  }

  mutating func add(_ number: Int) { add(bits: UInt64(bitPattern: Int64(number))) { "\(number)" } }
  mutating func add(_ number: Double) { add(bits: number.bitPattern) { "\(number)" } }
  mutating func add(_ number: Float) { add(bits: UInt64(number.bitPattern)) { "\(number)" } }

  private mutating func add(bits: UInt64, _ text: () -> String) {
    separate()
    while lasting.count < column { lasting.append((0, [])) }
    // A column holds numbers of one type.
    if lasting[column - 1].number != bits || lasting[column - 1].text.isEmpty {
      lasting[column - 1] = (bits, Array(text().utf8))
    }
    bytes.append(contentsOf: lasting[column - 1].text)
  }
}
