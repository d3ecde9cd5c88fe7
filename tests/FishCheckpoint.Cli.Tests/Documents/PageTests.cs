using FishCheckpoint.Cli.Tests.Processes;
using Xunit;

namespace FishCheckpoint.Cli.Tests.Documents;

/// <summary>The commands and code of the documentation work as the pages show them.</summary>
public sealed class PageTests
{
    private static readonly string[] RunLanguages = ["sh", "python"];
    private static readonly string[] Arguments = ["save as ", "background until ", "fails with "];

    /// <summary>The pages whose blocks are tested; paths from the top of the tree.</summary>
    public static TheoryData<string> Pages { get; } =
    [
        "CONTRIBUTING.md",
        "README.md",
        "docs/evidence/benchmarks.md",
        "docs/evidence/experiments.md",
        "docs/evidence/reliability.md",
        "docs/guides/access.md",
        "docs/guides/backup-and-repair.md",
        "docs/guides/dashboard.md",
        "docs/guides/following.md",
        "docs/guides/hub.md",
        "docs/guides/interchange.md",
        "docs/guides/operations.md",
        "docs/guides/packages.md",
        "docs/guides/pytorch.md",
        "docs/guides/serving.md",
        "docs/guides/torchsharp.md",
        "docs/guides/training.md",
        "docs/tutorial/first-model.md",
        "docs/tutorial/serving.md",
        "docs/tutorial/trainer.md",
        "samples/TorchSharp/README.md",
        "src/FishCheckpoint.Cli/README.md",
        "src/FishCheckpoint.Client/README.md",
        "src/FishCheckpoint.Extensions.DependencyInjection/README.md",
        "src/FishCheckpoint.Following/README.md",
        "src/FishCheckpoint.Interchange/README.md",
        "src/FishCheckpoint.TorchSharp/README.md",
        "src/FishCheckpoint.Training/README.md",
        "src/python/README.md",
        "storage/README.md",
    ];

    [Theory(Timeout = 900_000)]
    [MemberData(nameof(Pages))]
    [Trait("Category", "Slow")]
    public async Task Blocks_OfAPage_Run(string page)
    {
        Assert.SkipUnless(RealProgram.Has("bash"), "There is no bash.");
        var blocks = PageBlock.Read(page).Where(block => RunLanguages.Contains(block.Language)).ToList();
        var python = await PythonAsync();
        Assert.SkipWhen(python is null && blocks.Exists(block => block.Language == "python"), "PyTorch is not installed.");
        await using var run = new PageRun(python);
        foreach (var block in blocks)
        {
            var output = block.SkipReason is { } reason ? $"not run: {reason}" : await run.RunAsync(block);
            TestContext.Current.TestOutputHelper?.WriteLine($"{page}:{block.Line} {output}");
        }
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void Blocks_OfAPage_HaveKnownDirectives(string page) => Assert.All(PageBlock.Read(page), block =>
    {
        Assert.Contains(block.Language, (string[])[.. RunLanguages, "csharp", "json", "yaml", ""]);
        if (block.Language == "csharp")
        {
            var source = block.Argument("compiled in ");
            Assert.True(source is not null || block.SkipReason is not null, $"line {block.Line} names no file that compiles it");
            Assert.True(source is null || Holds(source, block.Text), $"line {block.Line} is not in {source}");
            return;
        }

        Assert.True(
            block.Directive.Length == 0 || block.IsHidden || block.SkipReason is { Length: > 10 }
                || Arguments.Any(name => block.Argument(name) is { Length: > 0 }),
            $"line {block.Line}: '{block.Directive}' is no directive");
    });

    // The lines in their order, one after another, whatever their indentation.
    private static bool Holds(string source, string text)
    {
        string Flat(string all) => string.Concat(all.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Select(line => $"\n{line}"));
        return (Flat(File.ReadAllText(Path.Combine(PageBlock.Root, source))) + "\n").Contains(Flat(text) + "\n", StringComparison.Ordinal);
    }

    // Another python3 may come first on the path and have no PyTorch.
    private static async Task<string?> PythonAsync()
    {
        foreach (var python in (string[])["/usr/bin/python3", "python3"])
        {
            var found = File.Exists(python) || RealProgram.Has(python);
            if (found && (await RealProgram.RunAsync(python, ["-c", "import torch"])).Exit == 0)
            {
                return python;
            }
        }

        return null;
    }
}
