import ArgumentParser
import ExperimentFile
import Foundation
import Images
import Notebooks
import Rendering
import Store
import Support

struct CellsCommand: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "cells",
    abstract: "Lists the cells that templates are made of, with every option.",
    discussion: """
      A template is Markdown with cells: fenced blocks that become figures, tables and text. Documentation/Cells.md shows \
      a picture of each.

      EXAMPLES
        heatdrift cells
        heatdrift cells heatmap-grid
        heatdrift cells --markdown
      """)

  @Argument(help: "A cell, to see its options.")
  var name: String?

  @Flag(name: .long, help: "Print Documentation/Cells.md.")
  var markdown = false

  @Option(
    name: .long,
    help: ArgumentHelp("Draw the pictures of Documentation/Cells.md into this folder.", valueName: "folder"))
  var pictures: String?

  @Option(
    name: .long,
    help: ArgumentHelp("With --pictures: the output folder of a run, to draw them of.", valueName: "folder"))
  var results: String?

  @OptionGroup(title: "Common options") var common: CommonOptions

  var paths: [String] { [pictures, results].compactMap { $0 } }

  func validate() throws {
    guard (pictures == nil) == (results == nil) else {
      throw ValidationError("--pictures and --results go together.")
    }
    guard [name != nil, markdown, pictures != nil].count(where: { $0 }) <= 1 else {
      throw ValidationError("A cell's name, --markdown and --pictures exclude each other.")
    }
  }

  func run() throws {
    if let pictures, let results {
      try draw(into: pictures, resultsIn: results)
    } else if markdown {
      Console.text(CellCatalogue.markdown)
    } else if let name {
      guard let cell = cells[name] else {
        throw Problem.usage("there is no cell `\(name)`", remedy: suggestion(for: name, among: cells.keys))
      }
      Console.text(CellCatalogue.text(of: cell))
    } else {
      let templates = Template.names(in: SharedFolders.folders(.templates))
      Console.text(CellCatalogue.summary)
      if !templates.isEmpty { Console.text("\n") }
      if !templates.isEmpty { Console.result("Templates found here: \(templates.joined(separator: ", "))") }
    }
  }

  private func draw(into folder: String, resultsIn results: String) throws {
    let store = try ResultsStore(existingAt: "\(results)/\(ResultsStore.fileName)")
    guard let run = try store.latestRun() else {
      throw Problem.usage(
        at: Place(file: results), "the run that filled this store was not finished",
        remedy: "`heatdrift run` with the same experiment file goes on.")
    }
    let renderer = try Renderer()
    let found = try store.results(of: run)
    for cell in cells.all {
      for example in cell.examples {
        let template = try Template(
          source: example.source(of: cell), file: example.name)
        let (frame, problems) = Notebook.excerpt(template, results: found, width: 460, measurer: renderer.measurer)
        if let problem = problems.first { throw problem }
        let picture = try renderer.image(frame, dotsPerInch: 110)
        let name = example.picture.split(separator: "/").last.map(String.init) ?? example.picture
        try AtomicFile.write(
          example.showsPhotographs ? ImageEncoder.jpeg(picture, quality: 80) : ImageEncoder.png(picture),
          to: "\(folder)/\(name)")
        Console.result("\(folder)/\(name)")
      }
    }
    try store.close()
  }
}
