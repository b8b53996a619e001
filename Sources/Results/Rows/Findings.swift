import Foundation
import Support

/// Keeps what was found of all rows and maps of some results for reports that are made later, since finding it takes minutes where
/// there are very many.
///
/// Whatever the results depend on is the keeper's matter: what it gives back was found of these very results. Names and bytes
/// mean something to `ExperimentResults` alone.
public protocol FindingsKeeper: Sendable {
  /// - Returns: nil where nothing is kept under this name, or it cannot be read.
  func finding(_ name: String) -> Data?

  /// Nothing is said where it cannot be kept: it is found again.
  func keep(_ finding: Data, as name: String)
}

/// Something that is found of all rows or maps.
struct Finding: Sendable {
  /// What it is, with the revision of how it is found: what an earlier one kept is passed over. 2: by models' places in the run, not
  /// in a report that shows them in another order, which took one model's for another's.
  enum Kind: String, Sendable {
    case rows = "rows 1"
    case unrelatedMaps = "unrelated maps 2"
    case seriesMaps = "series maps 2"

    /// Whether it takes seconds of few images too: a thousand pairs of each kind are compared by every measure.
    var takesLongOfFew: Bool { self == .unrelatedMaps }
  }

  var name: String

  /// - Parameter results: those of fewer images keep only what takes long: the rest is soon found again.
  init?(_ kind: Kind, _ detail: String = "", of results: ExperimentResults) {
    guard kind.takesLongOfFew ? results.findings != nil : results.keepsFindings else { return nil }
    name = "\(kind.rawValue)\n\(detail)"
  }

  /// Of a series whatever its measure; by the places of model and layer in the run, since reports may call them otherwise and show
  /// them in another order.
  /// - Parameter part: of what is found of the series.
  init?(_ kind: Kind, of series: SeriesIdentity, part: String = "", _ results: ExperimentResults) {
    guard let model = results.models.firstIndex(where: { $0.key == series.model }),
      let layer = results.models[model].layers.firstIndex(of: series.layer)
    else { return nil }
    self.init(
      kind,
      "\(results.ownPlace(of: model)) \(layer) \(series.target.rawValue) \(series.explanation) \(series.attack)\n\(part)",
      of: results)
  }

  /// Results of so many images keep only what takes long.
  static let fewImages = 1000
}

extension ExperimentResults {
  /// Whether most of what is found of all rows and maps is kept for reports that are made later, not only what takes long of few
  /// images as well.
  package var keepsFindings: Bool { findings != nil && images.count > Finding.fewImages }

  /// - Parameter read: nil for bytes that are none of it.
  /// - Returns: nil where nothing is kept of it.
  func kept<Value>(_ finding: Finding?, _ read: (inout ByteReader) -> Value?) -> Value? {
    guard let name = finding?.name, let bytes = findings?.finding(name) else { return nil }
    var reader = ByteReader(bytes)
    guard let value = read(&reader), reader.isAtEnd else { return nil }
    return value
  }

  func keep(_ finding: Finding?, _ write: (inout ByteWriter) -> Void) {
    guard let name = finding?.name, let findings else { return }
    var writer = ByteWriter()
    write(&writer)
    findings.keep(writer.bytes, as: name)
  }
}

extension ByteWriter {
  mutating func add(_ number: Int) { add(Int64(number)) }

  mutating func add(_ numbers: [Double]) {
    add(numbers.count)
    add(numbers.map(\.bitPattern))
  }

  /// Many at once, without their count.
  mutating func add<Number: FixedWidthInteger & BitwiseCopyable>(_ numbers: [Number]) {
    unsafe numbers.map(\.littleEndian).withUnsafeBytes { unsafe add(Data($0)) }
  }
}

extension ByteReader {
  /// - Returns: nil for more than there can be of anything: reports add some up.
  mutating func count() -> Int? { number(UInt64.self).flatMap { $0 < 1 << 48 ? Int($0) : nil } }

  mutating func double() -> Double? { number(UInt64.self).map { Double(bitPattern: $0) } }

  /// Those that `ByteWriter.add` wrote with their count.
  /// - Parameter count: how many there have to be; nil where any number will do.
  mutating func doubles(_ wanted: Int? = nil) -> [Double]? {
    guard let count = count(), wanted == nil || count == wanted else { return nil }
    return numbers(UInt64.self, count: count)?.map { Double(bitPattern: $0) }
  }

  /// Many at once.
  /// - Returns: nil where there are not so many.
  mutating func numbers<Number: FixedWidthInteger & BitwiseCopyable>(_ type: Number.Type, count: Int) -> [Number]? {
    let (size, isTooGreat) = count.multipliedReportingOverflow(by: MemoryLayout<Number>.size)
    guard !isTooGreat, let data = data(size) else { return nil }
    var numbers = [Number](repeating: 0, count: count)
    _ = unsafe numbers.withUnsafeMutableBytes { unsafe data.copyBytes(to: $0) }
    return numbers.map { Number(littleEndian: $0) }
  }
}
