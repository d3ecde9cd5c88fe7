using FishCheckpoint.Checkpoints;
using FishCheckpoint.Cli.Output;
using Xunit;

namespace FishCheckpoint.Cli.Tests.Output;

public sealed class ProgressTests : IDisposable
{
    private const string HideCursor = "\u001b[?25l";
    private const string ShowCursor = "\u001b[?25h";
    private const int MaxSteps = 3_000;

    private readonly StringWriter written = new();
    private readonly TextWriter error;
    private readonly HandTime time = new();

    public ProgressTests() => error = TextWriter.Synchronized(written);

    [Theory]
    [InlineData(100, "verifying ━━━━━━━━━━            50%  500 KB of 1.00 MB  ")]
    [InlineData(79, "verifying  50%  ")]
    [InlineData(30, "verifying  50%  ")]
    public async Task Line_InATerminal_FitsAndStaysWhenDone(int columns, string expected)
    {
        var terminal = Create(columns);
        await RunAsync(terminal, shown: text => text.Contains(expected, StringComparison.Ordinal));

        Assert.StartsWith(HideCursor, Written, StringComparison.Ordinal);
        Assert.EndsWith($"\n{ShowCursor}", Written, StringComparison.Ordinal);
        Assert.DoesNotContain("\u001b[", Written[HideCursor.Length..^ShowCursor.Length], StringComparison.Ordinal);
        Assert.Single(Written, '\n');
        var lines = Written[HideCursor.Length..^ShowCursor.Length].Split('\r', '\n');
        Assert.All(lines, line => Assert.InRange(line.Length, 0, columns));
        Assert.StartsWith(expected[..16], lines[^2], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Line_OfColors_HasThem()
    {
        await RunAsync(Create(100, colors: true), shown: text => text.Contains("500 KB of 1.00 MB", StringComparison.Ordinal));
        Assert.Matches(@"\u001b\[\d+(;\d+)*m━", Written);
    }

    [Fact]
    public async Task Line_OfALongTitle_IsCut()
    {
        var done = new TaskCompletionSource();
        var running = Progress.StepsAsync(Create(60), "exporting", 2, named =>
        {
            named($"[bold]{new string('v', 100)}");
            return done.Task;
        });
        await AdvanceUntilAsync(text => text.Contains("exporting [bold]vvv…  50%", StringComparison.Ordinal));
        done.SetResult();
        await running;
    }

    [Theory]
    [InlineData(false, true, false, 80)]
    [InlineData(true, false, false, 80)]
    [InlineData(true, true, true, 80)]
    [InlineData(true, true, false, 29)]
    public async Task Line_WhereNoneIsWantedOrFits_IsNotShown(bool isTerminal, bool moves, bool quiet, int columns)
    {
        var terminal = Terminal.Of(
            TextWriter.Null, error, TerminalTraits.Plain with { ErrorIsTerminal = isTerminal, Moves = moves, Columns = columns }, time);
        terminal.Quiet = quiet;
        Assert.Equal(7, await Progress.SpinAsync(terminal, "verifying", () =>
        {
            time.Advance(TimeSpan.FromSeconds(10));
            return Task.FromResult(7);
        }));
        Assert.Empty(Written);
    }

    [Fact]
    public async Task Line_OfWorkThatIsSoonDone_IsNotShown()
    {
        await Progress.BytesAsync(Create(80), "saving", 100, add =>
        {
            add(100);
            return Task.CompletedTask;
        });
        Assert.Empty(Written);
    }

    [Fact]
    public async Task Line_OfWorkThatFails_IsRemoved()
    {
        var failing = new TaskCompletionSource();
        var running = Progress.BytesAsync(Create(80), "saving", 100, _ => failing.Task);
        await AdvanceUntilAsync(text => text.Contains("saving", StringComparison.Ordinal));
        failing.SetException(new IOException("The disk is full."));
        await Assert.ThrowsAsync<IOException>(() => running);
        Assert.EndsWith($"\r\u001b[2K{ShowCursor}", Written, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', Written);
    }

    [Fact]
    public async Task Work_WhoseTerminalGoesAway_GoesOn()
    {
        using var gone = new GoneWriter();
        var terminal = Terminal.Of(
            TextWriter.Null, gone, TerminalTraits.Plain with { ErrorIsTerminal = true, Moves = true, Columns = 80 }, time);
        var done = new TaskCompletionSource<int>();
        var running = Progress.SpinAsync(terminal, "verifying", () => done.Task);
        for (var step = 0; !gone.WasAsked; step++)
        {
            Assert.True(step < MaxSteps);
            await StepAsync();
        }

        done.SetResult(7);
        Assert.Equal(7, await running);
    }

    public void Dispose() => error.Dispose();

    private string Written
    {
        get
        {
            // The lock that the synchronized writer takes.
            lock (error)
            {
                return written.ToString();
            }
        }
    }

    private Terminal Create(int columns, bool colors = false) => Terminal.Of(
        TextWriter.Null, error,
        TerminalTraits.Plain with { ErrorIsTerminal = true, ErrorHasColors = colors, Moves = true, Columns = columns }, time);

    private async Task RunAsync(Terminal terminal, Predicate<string> shown)
    {
        var done = new TaskCompletionSource<int>();
        var running = Progress.SpinAsync(terminal, "verifying", () =>
        {
            terminal.Work.Report(new WorkProgress(500_000, 1_000_000));
            return done.Task;
        });
        await AdvanceUntilAsync(shown);
        done.SetResult(0);
        await running;
    }

    private async Task AdvanceUntilAsync(Predicate<string> shown)
    {
        for (var step = 0; !shown(Written); step++)
        {
            Assert.True(step < MaxSteps, Written[Math.Max(0, Written.Length - 200)..]);
            await StepAsync();
        }
    }

    private async Task StepAsync()
    {
        time.Advance(TimeSpan.FromMilliseconds(100));
        await Task.Delay(1, TestContext.Current.CancellationToken);
    }

    private sealed class GoneWriter : StringWriter
    {
        public bool WasAsked { get; private set; }

        public override void Write(string? value)
        {
            WasAsked = true;
            throw new IOException("Input/output error");
        }
    }
}
