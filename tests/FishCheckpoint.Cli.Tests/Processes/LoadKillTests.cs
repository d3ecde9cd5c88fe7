using System.Diagnostics;
using FishCheckpoint.Cli.Tests.Commands;
using FishCheckpoint.Contract;
using FishCheckpoint.Tensors;
using Xunit;

namespace FishCheckpoint.Cli.Tests.Processes;

/// <summary>
/// A real <c>fishckpt load --server</c> that is killed while its bytes come leaves a folder that the next load makes whole.
/// </summary>
[Trait("Category", "Slow")]
public sealed class LoadKillTests : CommandTest
{
    // Some of the first file and of the second: blocks of 1 MiB, each of which is verified.
    private const int Tensor = 3 << 20;

    private static readonly TensorInfo[] First = [new("a", DType.U8, [Tensor])];
    private static readonly TensorInfo[] Second = [new("b", DType.U8, [Tensor])];

    private string Out => PathOf("out");

    [Theory]
    [InlineData(1 << 20)]
    [InlineData(Tensor + (1 << 20))]
    public async Task Load_KilledWhileBytesCome_IsMadeWholeByTheNext(int bytes)
    {
        await PrepareStepsAsync();
        await KillAsync("1", bytes);

        // Nothing of a model stands there.
        Assert.All(Entries(Out), entry => Assert.StartsWith(".fish-load", entry, StringComparison.Ordinal));
        Assert.NotEmpty(Entries(Out));
        await AssertLoadsAsync("1");
    }

    [Theory]
    [InlineData("2", "1")]
    [InlineData("1", "2")]
    public async Task Load_KilledOverAnEarlierModel_LeavesThatOneWhole(string earlier, string killed)
    {
        await PrepareStepsAsync();
        (await FishOverHttpAsync("load", "task", earlier, Out)).Succeeded();
        await KillAsync(killed, Tensor + (1 << 20));
        await AssertSameAsync(earlier, ignoreHidden: true);
        await AssertLoadsAsync(killed);
    }

    // Step 1 is of one file and has a side file; step 2 is of two.
    private async Task PrepareStepsAsync()
    {
        var single = Directory.CreateDirectory(PathOf("single")).FullName;
        TestModel.Create(1, null, [.. First, .. Second]).Write(single);
        (await FishAsync("base", "add", "base", single)).Succeeded();
        (await FishAsync("task", "add", "task", "--base", "base")).Succeeded();
        TestModel.Create(2, null, [.. First, .. Second]).Write(single);
        await File.WriteAllTextAsync(Path.Combine(single, "config.json"), "{}", Stop);
        (await FishAsync("save", "task", "1", single)).Succeeded();
        var shards = Directory.CreateDirectory(PathOf("shards")).FullName;
        TestModel.Create(3, null, First).Write(shards, "model-00001-of-00002.safetensors");
        TestModel.Create(4, null, Second).Write(shards, "model-00002-of-00002.safetensors");
        (await FishAsync("save", "task", "2", shards)).Succeeded();
    }

    // Kills a load of its own process when n bytes have come.
    private async Task KillAsync(string step, int bytes)
    {
        var (gate, come) = (new ScriptedServer.Gate(), 0L);
        var held = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var between = new ScriptedServer(ScriptedServer.PassTo(new Uri(await ServerAsync()), gate, read =>
        {
            if (Interlocked.Add(ref come, read) >= bytes)
            {
                gate.Close();
                held.TrySetResult();
            }
        }));
        var start = TestProcess.Describe(RealProgram.Fish, "load", "task", step, Out, "--server", between.Address.AbsoluteUri);

        // A killed runtime cannot remove its diagnostic pipes.
        start.Environment["DOTNET_EnableDiagnostics"] = "0";
        using var process = Process.Start(start)!;
        await held.Task.WaitAsync(TimeSpan.FromSeconds(60), Stop);
        await Task.Delay(100, Stop);
        Assert.False(process.HasExited);
        process.Kill();
        await process.WaitForExitAsync(Stop);
        Assert.NotEmpty(Directory.EnumerateDirectories(Out, ".fish-load-*"));
    }

    private async Task AssertLoadsAsync(string step)
    {
        (await RealProgram.RunAsync(RealProgram.Fish, ["load", "task", step, Out, "--server", await ServerAsync()])).Succeeded();
        await AssertSameAsync(step, ignoreHidden: false);
    }

    // As a folder that nothing was killed in.
    private async Task AssertSameAsync(string step, bool ignoreHidden)
    {
        var fresh = PathOf($"fresh-{Guid.NewGuid():N}");
        (await FishAsync("load", "task", step, fresh)).Succeeded();
        Assert.Equal(Entries(fresh), Entries(Out).Where(entry => !ignoreHidden || !entry.StartsWith(".fish-load", StringComparison.Ordinal)
            || entry == ".fish-load.json"));
        foreach (var entry in Entries(fresh).Where(entry => entry != ".fish-load.json"))
        {
            var expected = await File.ReadAllBytesAsync(Path.Combine(fresh, entry), Stop);
            Assert.Equal(expected, await File.ReadAllBytesAsync(Path.Combine(Out, entry), Stop));
        }
    }

    private static string[] Entries(string folder) =>
        [.. Directory.EnumerateFileSystemEntries(folder).Select(entry => Path.GetFileName(entry)).Order(StringComparer.Ordinal)];
}
