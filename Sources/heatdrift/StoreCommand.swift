import ArgumentParser
import Foundation
import Store
import Support

extension StoreExportFormat: ExpressibleByArgument {}

struct StoreCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "store",
    abstract: "Checks, cleans or exports the results store of an output folder.",
    subcommands: [Check.self, Clean.self, Export.self])

  struct Check: Subcommand {
    static let configuration = CommandConfiguration(
      commandName: "check",
      abstract: "Holds every row to its hash and its numbers to each other; changes nothing.",
      discussion: "Exit code 1 when anything is wrong; what is wrong is listed.")

    @OptionGroup var results: ResultsFolder

    @OptionGroup(title: "Common options") var common: CommonOptions

    var paths: [String] { [results.path] }

    func run() throws {
      let path = results.storePath
      let check = try ResultsStore(readingAt: path).check()
      Console.result(
        "\(path): \(Console.count(check.measurements, "measurement")), \(Console.count(check.maps, "map")), "
          + "\(Console.count(check.photographs, "photograph"))")
      try StoreCommand.report(check, path: path)
      Console.result("no fault found")
    }
  }

  /// - Throws: `ExitCode` 1 when there are faults, which are printed.
  static func report(_ check: StoreCheck, path: String) throws {
    guard check.faultCount > 0 else { return }
    for fault in check.faults { Console.error("error: \(visible("\(path): \(fault)"))") }
    if check.faultCount > check.faults.count {
      Console.error("and \(Console.grouped(check.faultCount - check.faults.count)) more")
    }
    let remedy =
      check.concernsMeasurements
      ? "Move the store away and run the experiment again: everything in it can be computed again."
      : "Nothing that was measured is concerned: `heatdrift run --rehash` finds it again."
    Console.error("\(Console.count(check.faultCount, "fault")). \(remedy)")
    throw ExitCode(1)
  }

  struct Clean: Subcommand {
    static let configuration = CommandConfiguration(
      commandName: "gc",
      abstract: "Removes what the latest finished run does not need.",
      discussion: """
        Results of former epsilons, layers, weights and images, and of a run that was stopped before its end, are \
        removed; the report can be rendered as before. They would have to be computed again if they were wanted again.
        """)

    @OptionGroup var results: ResultsFolder

    @Flag(name: .long, help: "Count only; remove nothing.")
    var dryRun = false

    @OptionGroup(title: "Common options") var common: CommonOptions

    var paths: [String] { [results.path] }

    func run() throws {
      let path = results.storePath
      // Found before the folder is touched.
      if !FileManager.default.fileExists(atPath: path) { _ = try ResultsStore(readingAt: path) }
      let lock = try OutputFolder(path: results.path)
      lock.tell()
      let store = dryRun ? try ResultsStore(readingAt: path) : try ResultsStore(in: lock, mustExist: true)
      let cleaning = try store.removeUnused(isTrial: dryRun)
      if !dryRun { try store.close() }
      let counts =
        "\(Console.count(cleaning.measurements, "measurement")), \(Console.count(cleaning.maps, "map")), "
        + Console.count(cleaning.photographs, "photograph")
      Console.result(
        dryRun
          ? "not needed: \(counts)"
          : "removed: \(counts); \(Console.grouped(cleaning.bytesBefore)) bytes before, "
            + "\(Console.grouped(cleaning.bytesAfter)) after")
    }
  }

  struct Export: Subcommand {
    static let configuration = CommandConfiguration(
      commandName: "export",
      abstract: "Writes every stored measurement with all that it depends on, as CSV or JSON.",
      discussion: """
        Unlike results.csv, which holds the latest run, this is everything that was ever measured here, by hashes of \
        images and weights.

        EXAMPLES
          heatdrift store export Reports/orl > measurements.csv
          heatdrift store export Reports/orl --format json --output measurements.json
        """)

    @OptionGroup var results: ResultsFolder

    @Option(name: .long, help: "csv or json.")
    var format: StoreExportFormat = .csv

    @Option(name: [.short, .long], help: "A file. (default: standard output)")
    var output: String?

    @OptionGroup(title: "Common options") var common: CommonOptions

    var paths: [String] { [results.path] + (output.map { [$0] } ?? []) }

    func run() throws {
      let store = try ResultsStore(readingAt: results.storePath)
      guard let output else {
        try Self.inParts(store, format) { Console.text($0) }
        return
      }
      switch FileKind(of: output) {
      case .special, .folder: try AtomicFile.write(Array(store.export(format).utf8), to: output)
      case .file, .danglingLink, .missing:
        let file = try AtomicOutput(path: output)
        try Self.inParts(store, format) { try file.append(Array($0.utf8)) }
        try file.commit()
      }
    }

    /// A store may hold more than fits into memory.
    private static func inParts(
      _ store: ResultsStore, _ format: StoreExportFormat, _ write: (String) throws -> Void
    ) throws {
      var part = ""
      try store.export(format) { text in
        part += text
        guard part.utf8.count > 1 << 16 else { return }
        try write(part)
        part = ""
      }
      try write(part)
    }
  }
}
