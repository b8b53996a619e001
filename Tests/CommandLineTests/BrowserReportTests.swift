import Foundation
import Testing

/// Reports for browsers, from the experiment file to the folder, and the server that shows them.
@Suite struct BrowserReportTests {
  @Test func thePageIsOneOfTheFormats() throws {
    let workspace = try Workspace().prepared()
    let run = try workspace.call("run", "small.yaml", "--set", "report.formats=[html, pdf]")
    #expect(run.code == 0)
    #expect(run.output.hasSuffix("Reports/small/report.pdf\nReports/small/report.html\n"))
    let files = try workspace.files(below: "Reports/small")
    #expect(files["report-01.svg"] == nil && files["figures/fig-curve.pdf"] != nil)
    let page = try workspace.text("Reports/small/report.html")
    #expect(page.contains("<h1>Small faces</h1>") && page.contains("There are 6 images."))
    #expect(
      page.contains("<div class=\"table\" id=\"tab-mod\">") && page.contains("<figure id=\"fig-curve\" data-values>"))
    for name in ["experiment.yaml", "provenance.json", "results.csv", "short.md"] {
      #expect(page.contains("<a download=\"\(name)\" href=\"data:"))
    }
    #expect(try workspace.call("verify", "Reports/small").code == 0)

    // The same bytes again; and one format alone, which is verified as it is.
    #expect(try workspace.call("render", "Reports/small").code == 0)
    #expect(try workspace.files(below: "Reports/small") == files)
    #expect(try workspace.call("render", "Reports/small", "--formats", "html").output == "Reports/small/report.html\n")
    let alone = try workspace.files(below: "Reports/small")
    #expect(alone["report.html"] == files["report.html"] && alone["report.pdf"] == nil)
    #expect(try workspace.call("verify", "Reports/small").code == 0)
    try workspace.write(page.replacing("6 images", with: "7 images"), to: "Reports/small/report.html")
    let changed = try workspace.call("verify", "Reports/small")
    #expect(changed.code == 1 && changed.output.contains("report.html is not what the store gives"))

    let wrong = try workspace.call("render", "Reports/small", "--formats", "html,word")
    #expect(wrong.code == 64 && wrong.errors.contains("'html,word' is invalid for '--formats"))
  }

  @Test func severalTemplatesHaveAPageEach() throws {
    let workspace = try Workspace().prepared()
    try workspace.write("# Names\n\nOf {{ images.count }} images.\n", to: "names.md")
    let set = ["--set", "report.template=[short.md, names.md]", "--set", "report.formats=html"]
    let run = try workspace.call(["run", "small.yaml"] + set)
    #expect(run.output.hasSuffix("Reports/small/report.html\nReports/small/report-names.html\n"))
    #expect(try workspace.text("Reports/small/report-names.html").contains("<p>Of 6 images.</p>"))
    #expect(try workspace.call("verify", "Reports/small").code == 0)
    // What is gone from the list is gone from the folder.
    #expect(try workspace.call("run", "small.yaml", "--formats", "html").code == 0)
    #expect(!workspace.exists("Reports/small/report-names.html"))
  }

  @Test func anonymousPagesNameNobody() throws {
    let workspace = try Workspace().prepared()
    try workspace.write(
      "# R\n\n```{heatmap-grid}\n```\n\n```{provenance}\n```\n", to: "short.md")
    let run = try workspace.call(
      "run", "small.yaml", "--anonymous", "--formats", "html", "--set", "report.authors=[Zelda Fitz]")
    #expect(run.code == 0)
    let page = try workspace.text("Reports/small/report.html")
    for name in ["anna", "boris", "clara", "Zelda", workspace.path] { #expect(!page.contains(name)) }
    // Nor what is carried.
    let attachments = page.matches(of: /download="[^"]*" href="data:[^;]*;base64,([^"]*)"/).map { match in
      String(decoding: Data(base64Encoded: String(match.1)) ?? Data(), as: UTF8.self)
    }
    #expect(attachments.count == 4)
    for text in attachments { for name in ["anna", "boris", "clara", "Zelda"] { #expect(!text.contains(name)) } }
  }

  @Test func namesAndMistakesAreText() throws {
    let workspace = try Workspace().prepared()
    let name = "<img src=x onerror=alert(1)>"
    try workspace.write(
      "# {{ title }}\n\n```{mod-table}\ncaption: \"<b>bold</b> & 'more'\"\n```\n\n```{mod-curve}\nbogus: \"<i>\"\n```\n",
      to: "short.md")
    let run = try workspace.call(
      "run", "small.yaml", "--formats", "html", "--set", "title='\(name)'", "--set", "models[0].name='\(name)'")
    #expect(run.code == 1)
    let page = try workspace.text("Reports/small/report.html")
    #expect(!page.contains("<img") && page.contains("<h1>&lt;img src=x onerror=alert(1)&gt;</h1>"))
    #expect(page.contains("<div class=\"notice\" role=\"note\"") && page.contains("unknown option"))
  }

  @Test func theServerShowsFollowsAndEnds() throws {
    let workspace = try Workspace().prepared()
    #expect(try workspace.call("run", "small.yaml").code == 0)
    // The answer to each request on a line of its own; $! of a shell without job control ignores Ctrl-C, so that SIGTERM ends it.
    let answer = try workspace.shell(
      """
      "$H" watch small.yaml >address 2>log & watch=$!
      for i in $(seq 200); do [ -s address ] && break; sleep 0.1; done
      url=$(cat address)
      curl -s $url | grep -c 'There are 6 images'
      curl -s -o /dev/null -w '%{http_code}\\n' -H 'Host: evil.example' $url
      curl -s -o /dev/null -w '%{http_code}\\n' -H 'Origin: http://evil.example' $url
      curl -s -o /dev/null -w '%{http_code}\\n' -X POST ${url}measure
      sed -i 's/There are/Here are/' short.md
      for i in $(seq 200); do curl -s $url | grep -q 'Here are 6 images' && break; sleep 0.1; done
      curl -s $url | grep -c 'Here are 6 images'
      echo '{{ nonsense }}' >>short.md
      for i in $(seq 200); do curl -s "${url}events?after=0" | grep -q nonsense && break; sleep 0.1; done
      curl -s "${url}events?after=0" | grep -o '"place":"[^"]*"'
      curl -s $url | grep -c 'Here are 6 images'
      kill -TERM $watch
      wait $watch
      echo "ended with $?"
      curl -s $url || echo free
      """)
    let log = try workspace.text("log")
    #expect(
      answer.output == """
        1
        403
        403
        403
        1
        "place":"short.md:12"
        1
        ended with 0
        free

        """, "\(log)")
    // Nothing in the folder was changed.
    #expect(try workspace.call("verify", "Reports/small").code == 0)
  }

  @Test func whatCannotBeWatchedIsSaid() throws {
    let workspace = try Workspace().prepared()
    try workspace.write("", to: "empty/x")
    let folder = try workspace.call("watch", "empty")
    #expect(folder.code == 64 && folder.errors.contains("empty: there are no results here"))
    let missing = try workspace.call("watch", "none.yaml")
    #expect(missing.code == 64 && missing.errors.contains("none.yaml"))
    let set = try workspace.call("watch", "empty", "--set", "seed=1")
    #expect(set.code == 64 && set.errors.contains("--set, --output and --measure go with an experiment file"))
    #expect(try workspace.call("watch", "small.yaml", "--port", "0").code == 64)
  }
}
