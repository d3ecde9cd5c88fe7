namespace FishCheckpoint.Cli.Output;

/// <summary>
/// One line on standard error that is written over while work goes on. It goes back by a carriage return, so that it needs no escape codes; work that is soon done
/// shows none.
/// </summary>
internal sealed class ProgressLine : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(400);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    private readonly Lock gate = new();
    private readonly Terminal terminal;
    private readonly ProgressMeter meter;
    private readonly long began;
    private readonly ITimer? timer;
    private int written;
    private bool finished;

    private ProgressLine(Terminal terminal, string title, ProgressUnit unit)
    {
        (this.terminal, meter, began) = (terminal, new ProgressMeter(title, unit), terminal.Time.GetTimestamp());
        timer = terminal.ShowsProgress ? terminal.Time.CreateTimer(_ => Show(), null, Patience, Interval) : null;
    }

    /// <summary>Begins to show work.</summary>
    public static ProgressLine Start(Terminal terminal, string title, ProgressUnit unit) => new(terminal, title, unit);

    /// <summary>Says how much it is in all.</summary>
    public void Total(long? total)
    {
        lock (gate)
        {
            meter.Total = total;
        }
    }

    /// <summary>Adds what is done.</summary>
    public void Add(long done)
    {
        lock (gate)
        {
            meter.Done += done;
        }
    }

    /// <summary>Says how far it is.</summary>
    public void Set(long done, long? total)
    {
        lock (gate)
        {
            (meter.Done, meter.Total) = (done, total);
        }
    }

    /// <summary>Names what is done.</summary>
    public void Name(string name)
    {
        lock (gate)
        {
            meter.Name = CleanText.Of(name);
        }
    }

    /// <summary>Says that all is done: where something was shown, a line of it stays.</summary>
    public void Finish()
    {
        lock (gate)
        {
            finished = true;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (timer is null)
        {
            return;
        }

        await timer.DisposeAsync();
        lock (gate)
        {
            if (written > 0)
            {
                Write(string.Empty);
                terminal.Error.Write('\r');
                if (finished)
                {
                    terminal.Error.WriteLine(meter.LastLine(Elapsed));
                }
            }
        }
    }

    private TimeSpan Elapsed => terminal.Time.GetElapsedTime(began);

    private void Show()
    {
        lock (gate)
        {
            meter.Tick(Elapsed);

            // The last column is left free: some terminals go to the next line when it is written.
            Write(meter.Line(Elapsed, Math.Min(terminal.ErrorWidth - 1, 200)));
        }
    }

    private void Write(string line)
    {
        terminal.Error.Write($"\r{line.PadRight(written)}");
        written = line.Length;
    }
}
