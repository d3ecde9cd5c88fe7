using FishCheckpoint.Errors;
using FishCheckpoint.Following.Folders;
using FishCheckpoint.Tensors;
using FishCheckpoint.Tests.Support;
using Xunit;

namespace FishCheckpoint.Tests.Following;

/// <summary>The pointer that Windows has, on whatever system the tests run.</summary>
public sealed class TextPointerTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly List<string> warnings = [];

    public TextPointerTests()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows makes no links for everybody.");
        Directory.CreateDirectory(folder["step-1"]);
        Directory.CreateDirectory(folder["step-2"]);
    }

    private string? Linked => new FileInfo(folder["current"]).LinkTarget;

    private static LinkCalls NoLinks =>
        new() { Create = (_, _) => throw new IOException("A required privilege is not held by the client.") };

    private static LinkCalls Killed => new() { Move = (_, _) => throw new KilledException() };

    [Fact]
    public void Move_ToAnotherFolder_MovesTheTextAndTheLink()
    {
        Assert.Null(Move(Pointer(), "step-1"));
        Assert.Equal(("step-1", "step-1\n", "step-1"), (Read(), File.ReadAllText(folder["current.txt"]), Linked));
        Assert.Null(Move(Pointer(), "step-2"));
        Assert.Equal(("step-2", "step-2\n", "step-2"), (Read(), File.ReadAllText(folder["current.txt"]), Linked));
        Assert.Equal(["current", "current.txt", "step-1", "step-2"], Entries());
    }

    [Fact]
    public void Move_KilledWhileTheLinkIsAway_IsMendedByTheNext()
    {
        Move(Pointer(), "step-1");
        Assert.Throws<KilledException>(() => Move(Pointer(Killed), "step-2"));
        Assert.Equal(("step-2", null), (Read(), Linked));

        using (Open())
        {
            Assert.Equal(("step-2", "step-2"), (Read(), Linked));
        }

        Assert.Empty(warnings);
        Assert.DoesNotContain(Entries(), name => name.StartsWith(".incoming", StringComparison.Ordinal));
    }

    [Fact]
    public void Move_KilledBeforeTheLink_IsMendedByTheNext()
    {
        Move(Pointer(), "step-1");
        Assert.Throws<KilledException>(() => Move(Pointer(new LinkCalls { Create = (_, _) => throw new KilledException() }), "step-2"));
        Assert.Equal(("step-2", "step-1"), (Read(), Linked));

        Open().Dispose();
        Assert.Equal(("step-2", "step-2"), (Read(), Linked));
    }

    [Fact]
    public void Move_WhereLinksAreNotAllowed_PointsAndSaysWhereToRead()
    {
        Move(Pointer(), "step-1");
        var warning = Move(Pointer(NoLinks), "step-2");

        Assert.Contains("current.txt", warning, StringComparison.Ordinal);
        Assert.Contains("privilege", warning, StringComparison.Ordinal);
        Assert.Equal(("step-2", null), (Read(), Linked));
    }

    [Fact]
    public void Move_WhileTheTextStaysOpen_LeavesTheOldOne()
    {
        Move(Pointer(), "step-1");
        var waits = 0;
        var busy = FileMoves.Here with
        {
            IsWindows = true, Move = (_, _, _) => throw new UnauthorizedAccessException("open"), Wait = _ => waits++,
        };

        var pointer = new TextPointer(new LinkCalls(), (written, place) => FileReplacement.Move(written, place, busy, mayBeAway: false));
        Assert.Throws<UnauthorizedAccessException>(() => Move(pointer, "step-2"));
        Assert.Equal(("step-1", "step-1", 9), (Read(), Linked, waits));
    }

    [Theory]
    [InlineData("\uFEFFstep-1\r\n")]
    [InlineData("step-1")]
    public void Read_ATextThatAnEditorWrote_IsItsName(string text)
    {
        File.WriteAllText(folder["current.txt"], text);
        Assert.Equal("step-1", Read());
    }

    [Theory]
    [InlineData("")]
    [InlineData("../outside")]
    [InlineData(@"..\outside")]
    [InlineData(@"C:\outside")]
    [InlineData("step-1\nstep-2")]
    public void Read_ATextThatIsNoNameBesideIt_IsRefused(string text)
    {
        File.WriteAllText(folder["current.txt"], text);
        Assert.Equal(ErrorCode.FolderTaken, Assert.Throws<FishException>(Read).Code);
        File.WriteAllText(folder["current.txt"], new string('a', 300));
        Assert.Equal(ErrorCode.FolderTaken, Assert.Throws<FishException>(Read).Code);
    }

    [Fact]
    public void Read_WithoutAText_IsTheLinkOrNothing()
    {
        Assert.Null(Read());
        Directory.CreateSymbolicLink(folder["current"], "step-1");
        Assert.Equal("step-1", Read());
        File.Delete(folder["current"]);
        Directory.CreateDirectory(folder["current"]);
        Assert.Equal(ErrorCode.FolderTaken, Assert.Throws<FishException>(Read).Code);
    }

    [Fact]
    public void PullFolder_ModelAfterModel_KeepsWhatIsPointedAt()
    {
        Directory.Delete(folder["step-1"]);
        Directory.Delete(folder["step-2"]);
        using (var pulled = Open(NoLinks))
        {
            for (var step = 1; step <= 3; step++)
            {
                var before = pulled.Find();
                using var incoming = pulled.Begin();
                var placed = pulled.Place(incoming, Manifest(step));
                Assert.Equal((placed.Path, $"step-{step}"), (pulled.Find()!.Path, Read()));
                pulled.Tidy(1, before);
            }
        }

        Assert.Contains("current.txt", Assert.Single(warnings), StringComparison.Ordinal);
        Assert.Equal([".fish-pull.lock", "current.txt", "step-2", "step-3"], Entries());

        // Links are allowed from now on.
        Open().Dispose();
        Assert.Equal("step-3", Linked);
    }

    public void Dispose() => folder.Dispose();

    private static TextPointer Pointer(LinkCalls? links = null) =>
        new(links ?? new LinkCalls(), (written, place) => AtomicFile.Replace(written, place, mayBeAway: false));

    private static PulledManifest Manifest(long step) =>
        new(
            PulledManifest.Current, "task", default, step, Digest.Of(BitConverter.GetBytes(step)), [],
            DateTimeOffset.UnixEpoch.AddHours(step));

    private PullFolder Open(LinkCalls? links = null) => PullFolder.Open(folder.Path, warnings.Add, Pointer(links));

    private string? Read() => Pointer().Read(folder.Path);

    private string? Move(TextPointer pointer, string target) => pointer.Move(folder.Path, target, folder[".incoming-next"]);

    private string[] Entries() =>
        [.. Directory.EnumerateFileSystemEntries(folder.Path).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];

    private sealed class KilledException() : Exception("Nothing runs after this.");
}
