import Foundation
import FuzzSupport
import Testing

/// Whatever bytes come, a reader returns or throws a `Problem`: no crash, no other error, no hang, no memory beyond a
/// limit. `Scripts/fuzz.sh` gives many more inputs.
@Suite(.serialized) struct FuzzTests {
  private static let inputs = 150
  /// Beyond what the process took before.
  private static let mostBytes = 512 << 20

  @Test(arguments: FuzzFormat.all.map(\.name)) func noInputDoesHarm(_ name: String) throws {
    let format = try #require(try FuzzFormat.named(name))
    let before = Self.peakBytes
    // Tests share the processor with others: a hang is found, not a slow input.
    let outcome = try format.run(0..<Self.inputs, seed: 1, limit: .seconds(10))
    #expect(outcome.faults.isEmpty, "\(outcome.faults)")
    #expect(Self.peakBytes - before < Self.mostBytes)
    // Inputs that are all refused at once, or none, would test nothing.
    #expect(outcome.refused > Self.inputs / 20 && outcome.accepted > 0, "\(outcome.refused) refused")
  }

  @Test(arguments: FuzzFormat.all.map(\.name)) func anInputCanBeMadeAgainFromItsNumber(_ name: String) throws {
    // SQLite writes what differs from call to call into a changed store's header, such as its change counter.
    let format = try #require(try FuzzFormat.named(name))
    let other = try #require(try FuzzFormat.named(name))
    for number in [3, 77, 12_345] {
      #expect(try format.input(number, seed: 9) == format.input(number, seed: 9))
      if name != "sqlite" { #expect(try format.input(number, seed: 9) == other.input(number, seed: 9)) }
    }
    #expect(try format.input(3, seed: 9) != format.input(3, seed: 10))
  }

  /// The most memory that the process has held: VmHWM.
  private static var peakBytes: Int {
    let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
    return (line?.split(whereSeparator: { !$0.isNumber }).first.flatMap { Int($0) } ?? 0) << 10
  }
}
