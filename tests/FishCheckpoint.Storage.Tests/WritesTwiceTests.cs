using Xunit;

namespace FishCheckpoint.Storage.Tests;

/// <summary>The work of a write transaction has no effect but through its connection: where all of it is taken back and run again, every test passes.</summary>
[Trait("Category", "Slow")]
public sealed class WritesTwiceTests
{
    [Fact]
    public async Task FastTests_WhereEveryWriteRunsTwice_Pass()
    {
        var run = await OwnRun.Result;
        Assert.True(run.ExitCode == 0, run.Output);
        Assert.Contains("SAVEPOINT rehearsal", run.Texts);
    }
}
