using FishCheckpoint.Tensors;
using FishCheckpoint.Tests.Support;
using Xunit;

namespace FishCheckpoint.Tests.Tensors;

/// <summary>Replacing a file as Windows allows it, on whatever system the tests run.</summary>
public sealed class FileReplacementTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly List<TimeSpan> waits = [];

    // How often a rename over the old file is refused because it is open.
    private int refusals = int.MaxValue;

    public FileReplacementTests()
    {
        File.WriteAllText(From, "new");
        File.WriteAllText(To, "old");
    }

    private string From => folder["from"];

    private string To => folder["to"];

    [Fact]
    public void Move_OverAFileThatIsClosedSoon_Waits()
    {
        refusals = 3;
        Move(mayBeAway: false);

        Assert.Equal(("new", 3), (File.ReadAllText(To), waits.Count));
        Assert.Equal(["to"], folder.Names);
    }

    [Fact]
    public void Move_OverAFileThatStaysOpen_MovesItAside()
    {
        Move(mayBeAway: true);

        Assert.Equal("new", File.ReadAllText(To));
        Assert.Equal(["to"], folder.Names);
        Assert.Equal(TimeSpan.FromMilliseconds(60), waits.Aggregate(TimeSpan.Zero, (sum, wait) => sum + wait));
    }

    [Fact]
    public void Move_OverAFileThatCannotBeDeletedYet_LeavesItHidden()
    {
        Move(mayBeAway: true, delete: _ => throw new UnauthorizedAccessException("open"));

        Assert.Equal("new", File.ReadAllText(To));
        Assert.Equal("old", File.ReadAllText(folder[Assert.Single(folder.Names, name => name != "to")]));
        Assert.All(folder.Names, name => Assert.True(name == "to" || name.StartsWith('.')));
    }

    [Fact]
    public void Move_OverAFileThatMayNotBeAway_IsRefusedAndLeavesIt()
    {
        Assert.Throws<IOException>(() => Move(mayBeAway: false));

        Assert.Equal(("old", "new"), (File.ReadAllText(To), File.ReadAllText(From)));
        Assert.Equal(["from", "to"], folder.Names);
    }

    [Fact]
    public void Move_OverAFileThatCannotBeMovedAside_IsRefusedAndLeavesIt()
    {
        Assert.Throws<IOException>(() => Move(mayBeAway: true, move: (from, _) => from == To ? new IOException("open") : null));

        Assert.Equal(("old", "new"), (File.ReadAllText(To), File.ReadAllText(From)));
        Assert.Equal(["from", "to"], folder.Names);
    }

    [Fact]
    public void Move_ThatFailsWhileTheOldFileIsAside_BringsItBack()
    {
        Assert.Throws<IOException>(() => Move(mayBeAway: true, move: (from, _) => from == From ? new IOException("gone") : null));

        Assert.Equal(("old", "new"), (File.ReadAllText(To), File.ReadAllText(From)));
        Assert.Equal(["from", "to"], folder.Names);
    }

    [Fact]
    public void Move_WhereNothingIsInTheWay_DoesNotWait()
    {
        File.Delete(To);
        Assert.Throws<IOException>(() => Move(mayBeAway: true));
        File.WriteAllText(To, "old");
        Assert.Throws<IOException>(() => Move(mayBeAway: true, isWindows: false));

        Assert.Empty(waits);
    }

    [Fact]
    public void Replace_AFileThatIsRead_LetsItBeReadOn()
    {
        using var reading = PositionalFile.Open(To);
        AtomicFile.Replace(From, To);

        var old = new byte[3];
        PositionalFile.ReadExactly(reading, 0, old, "old");
        Assert.Equal(("old", "new"), (System.Text.Encoding.UTF8.GetString(old), File.ReadAllText(To)));
        Assert.Equal(["to"], folder.Names);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Recover_AfterACrashWithTheFileAside_MovesItBackOrDeletesIt(bool placeIsEmpty)
    {
        Assert.Throws<IOException>(() => Move(mayBeAway: true, move: (from, _) => from == To ? null : new IOException("killed")));
        var aside = Assert.Single(folder.Names, name => name.EndsWith(".replaced", StringComparison.Ordinal));
        if (!placeIsEmpty)
        {
            File.Copy(From, To);
        }

        FileReplacement.Recover(folder.Path, FileMoves.Here with { IsWindows = true });

        Assert.Equal(placeIsEmpty ? "old" : "new", File.ReadAllText(To));
        Assert.DoesNotContain(aside, folder.Names);
    }

    public void Dispose() => folder.Dispose();

    private void Move(
        bool mayBeAway, bool isWindows = true, Func<string, string, Exception?>? move = null, Action<string>? delete = null) =>
        FileReplacement.Move(
        From, To,
        new FileMoves(
            isWindows,
            (from, to, overwrite) =>
            {
                if (overwrite && refusals-- > 0)
                {
                    throw new IOException("The file is being used by another process.");
                }

                if (!overwrite && move?.Invoke(from, to) is { } error)
                {
                    throw error;
                }

                File.Move(from, to, overwrite);
            },
            delete ?? File.Delete,
            waits.Add),
        mayBeAway);
}
