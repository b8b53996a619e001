import ArgumentParser
import ExperimentFile
import Foundation
import Images
import Notebooks
import Rendering
import Results
import Store
import Support
import Typesetting

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
    help: ArgumentHelp(
      "With --pictures: the output folder of a run, to draw them of; of several, each of the first that has what it shows.",
      valueName: "folder"))
  var results: [String] = []

  @OptionGroup(title: "Common options") var common: CommonOptions

  var paths: [String] { (pictures.map { [$0] } ?? []) + results }

  func validate() throws {
    guard (pictures == nil) == results.isEmpty else {
      throw ValidationError("--pictures and --results go together.")
    }
    guard [name != nil, markdown, pictures != nil].count(where: { $0 }) <= 1 else {
      throw ValidationError("A cell's name, --markdown and --pictures exclude each other.")
    }
  }

  func run() throws {
    if let pictures {
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

  private func draw(into folder: String, resultsIn folders: [String]) throws {
    let stores = try folders.map { try ResultsStore(existingAt: "\($0)/\(ResultsStore.fileName)") }
    let found = try zip(stores, folders).map { store, folder in
      guard let run = try store.latestRun() else {
        throw store.unfinished(at: folder)
      }
      return try store.results(of: run)
    }
    let compared = folders.count > 1 ? [try ComparedRuns(FoundRun.read(folders), isSweep: false).results()] : found
    let renderer = try Renderer()
    for cell in cells.all {
      for example in cell.examples {
        let template = try Template(source: example.source(of: cell), file: example.name)
        let picture = try renderer.image(
          try frame(template, cell.isOfRuns ? compared : found, renderer), dotsPerInch: 110)
        let name = example.picture.split(separator: "/").last.map(String.init) ?? example.picture
        try AtomicFile.write(
          example.showsPhotographs ? ImageEncoder.jpeg(picture, quality: 80) : ImageEncoder.png(picture),
          to: "\(folder)/\(name)")
        Console.result("\(folder)/\(name)")
      }
    }
    for store in stores { try store.close() }
  }

  /// - Throws: the last run's first `Problem` where none has what the template shows.
  private func frame(_ template: Template, _ found: [ExperimentResults], _ renderer: Renderer) throws -> Frame {
    var last: Problem?
    for results in found {
      let (frame, problems) = Notebook.excerpt(template, results: results, width: 460, measurer: renderer.measurer)
      guard let problem = problems.first else { return frame }
      last = problem
    }
    throw last ?? Problem.usage("there are no results to draw pictures of", remedy: "Name a run by --results.")
  }
}
