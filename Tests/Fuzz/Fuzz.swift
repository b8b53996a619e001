import ArgumentParser
import Foundation
import FuzzSupport
import Rendering

/// Gives one reader many damaged files, in one process; called by `Scripts/fuzz.sh`.
@main
struct Fuzz: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fuzz", abstract: "Gives one reader many damaged files.",
    discussion: """
      Prints a line: format, inputs, refused, accepted, slowest input in milliseconds and its number, most memory beyond \
      that of the corpus in MiB, seconds. Exit code 1 when an input brought a fault; a crash, a hang or too much memory \
      ends the process, with the input's number in the file of --state.
      """)

  @Argument(help: "One of --list.") var format: String?
  @Option(help: "So many inputs.") var inputs = 100_000
  @Option(help: "Where they start.") var seed: UInt64 = 1
  @Option(help: "The number of the first, or of the only one with --inputs 1.") var first = 0
  @Option(help: "A file that holds the number of the input being read.") var state: String?
  @Option(help: "Write the first input to this file, and read nothing.") var save: String?
  @Option(help: "Seconds that one input may take.") var limit = 10
  @Option(help: "MiB that the inputs may take beyond the corpus.") var memory = 512
  @Flag(help: "Print the names of the formats.") var list = false

  func run() throws {
    if list {
      for (name, _) in FuzzFormat.all { print(name) }
      return
    }
    guard let format, let made = try FuzzFormat.named(format) else {
      throw ValidationError("Give a format: \(FuzzFormat.all.map(\.name).joined(separator: ", ")).")
    }
    if let save {
      try Data(made.input(first, seed: seed)).write(to: URL(filePath: save))
      return
    }
    // What the corpus takes is no fault of the inputs'.
    _ = try made.run(0..<0, seed: seed, limit: .seconds(limit))
    let watch = try Watch(state: state, seconds: limit, megabytes: memory, label: "\(format) of seed \(seed)")
    // As `heatdrift extract` reads them.
    if format == "pdf" { MemoryLimit.lower(toBytesMore: 4 * Attachment.mostBytes(inPDFOf: 0)) }
    let start = ContinuousClock.now
    let outcome = try made.run(
      first..<first + inputs, seed: seed, limit: .seconds(limit), willRead: { watch.begin($0) })
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    let slowest = String(format: "%.1f", outcome.slowest / .milliseconds(1))
    print(
      format, outcome.inputs, outcome.refused, outcome.accepted, slowest, outcome.slowestInput,
      watch.grownMegabytes, String(format: "%.0f", seconds))
    for fault in outcome.faults.prefix(20) { print("fault: \(fault)") }
    if !outcome.faults.isEmpty { throw ExitCode(1) }
  }
}
