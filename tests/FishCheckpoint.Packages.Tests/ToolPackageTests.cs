using FishCheckpoint.Packages.Tests.Support;
using Xunit;

namespace FishCheckpoint.Packages.Tests;

/// <summary>The command line as <c>dotnet tool install</c> brings it, and the Python wheel beside it.</summary>
[Trait("Category", "Slow")]
public sealed class ToolPackageTests(PackedFeed packages)
{
    // Debian's own, which has PyTorch; another one may come first on the path.
    private const string Python = "/usr/bin/python3";

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Tool_InAnEmptyFolder_SavesAndLoadsAsItsReadmeSays()
    {
        var folder = await packages.EmptyFolderAsync("saves");
        await Models.WriteAsync(folder);
        Assert.StartsWith(Tree.Version, await Command.RunAsync(folder, packages.Fish, ["--version"]), StringComparison.Ordinal);
        foreach (var line in
            (string[])["base add bert model.safetensors", "task add sst2 --base bert", "save sst2 100 step100.safetensors",
            "load sst2 latest restored.safetensors"])
        {
            await Command.RunAsync(folder, packages.Fish, [.. line.Split(' '), "--data", "data"]);
        }

        Assert.Equal(
            await File.ReadAllBytesAsync(Path.Combine(folder, "step100.safetensors"), Stop),
            await File.ReadAllBytesAsync(Path.Combine(folder, "restored.safetensors"), Stop));
    }

    [Fact]
    public async Task Program_UnderItsEarlierName_IsTheSame()
    {
        var built = Tree.Path(["src", "FishCheckpoint.Cli", .. AppContext.BaseDirectory.TrimEnd('/', '\\').Split('/', '\\')[^3..]]);
        var version = await Command.RunAsync(built, Path.Combine(built, "fishckpt"), ["version"]);
        Assert.Equal(version, await Command.RunAsync(built, Path.Combine(built, "fish"), ["version"]));
    }

    [Fact]
    public async Task Wheel_InAnEmptyFolder_SavesToTheInstalledServer()
    {
        Assert.SkipUnless(
            await HasAsync("torch, setuptools, wheel, pip"),
            "The system's python3 lacks PyTorch, pip, setuptools or wheel (Debian: python3-torch python3-pip python3-wheel).");
        var folder = await packages.EmptyFolderAsync("wheel");
        var wheel = await WheelAsync(folder);
        Assert.Equal($"fishcheckpoint-{Tree.Version}-py3-none-any.whl", Path.GetFileName(wheel));
        await PipAsync(folder, "install", "--no-deps", "--target", "site", wheel);

        using var server = Command.Start(folder, packages.Fish, ["serve", "--data", "data", "--urls", "http://127.0.0.1:0"]);
        try
        {
            var script = Path.Combine(folder, "train.py");
            await File.WriteAllTextAsync(script, Script, Stop);
            var said = await Command.RunAsync(
                folder, Python, [script, await ListeningAsync(server)], ("PYTHONPATH", Path.Combine(folder, "site")),
                ("OMP_NUM_THREADS", "1"));
            Assert.Equal($"{Tree.Version} same True\n", said);
        }
        finally
        {
            server.Kill(entireProcessTree: true);
        }
    }

    private const string Script = """
        import sys
        import torch
        import fishcheckpoint
        from fishcheckpoint import FishClient, FishHook, Mask

        torch.manual_seed(1)
        model = torch.nn.Linear(8, 4)
        client = FishClient(sys.argv[1])
        client.add_base("linear", model)
        hook = FishHook(sys.argv[1], "task", model, base="linear", save_every_steps=1)
        with torch.no_grad():
            model.weight[0, 0] += 1
        hook.on_step(1)
        hook.complete()
        held = model.weight.clone()
        with torch.no_grad():
            model.weight.zero_()
        FishHook(sys.argv[1], "task", model, base="linear").resume()
        print(fishcheckpoint.__version__, "same", torch.equal(held, model.weight))
        """;

    /// <summary>Builds it from a copy, since building leaves files beside the sources.</summary>
    private static async Task<string> WheelAsync(string folder)
    {
        var source = Path.Combine(folder, "tree", "src", "python");
        foreach (var file in Directory.EnumerateFiles(Tree.Path("src", "python"), "*", SearchOption.AllDirectories)
            .Where(file => !file.Contains("__pycache__", StringComparison.Ordinal)))
        {
            var copy = Path.Combine(source, Path.GetRelativePath(Tree.Path("src", "python"), file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }

        foreach (var file in (string[])["Directory.Build.props", "LICENSE"])
        {
            File.Copy(Tree.Path(file), Path.Combine(folder, "tree", file));
        }

        await PipAsync(folder, "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", "wheels", source);
        return Directory.EnumerateFiles(Path.Combine(folder, "wheels")).Single();
    }

    private static Task<string> PipAsync(string folder, params string[] arguments) =>
        Command.RunAsync(
            folder, Python, ["-m", "pip", "--disable-pip-version-check", "--no-input", "--quiet", .. arguments, "--no-index"],
            ("PIP_ROOT_USER_ACTION", "ignore"));

    private static async Task<bool> HasAsync(string modules)
    {
        if (!File.Exists(Python))
        {
            return false;
        }

        using var process = Command.Start("/", Python, ["-c", $"import {modules}"]);
        await process.WaitForExitAsync(Stop);
        return process.ExitCode == 0;
    }

    private static async Task<string> ListeningAsync(System.Diagnostics.Process server)
    {
        const string listening = "http://127.0.0.1:";
        while (await server.StandardOutput.ReadLineAsync(Stop) is { } line)
        {
            if (line.IndexOf(listening, StringComparison.Ordinal) is var start && start >= 0)
            {
                return line[start..].Split(' ')[0].TrimEnd('.');
            }
        }

        throw new InvalidOperationException($"The server did not start: {await server.StandardError.ReadToEndAsync(Stop)}");
    }
}
