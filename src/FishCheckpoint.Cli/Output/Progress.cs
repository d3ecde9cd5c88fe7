using FishCheckpoint.Checkpoints;
using Spectre.Console;

namespace FishCheckpoint.Cli.Output;

/// <summary>Progress of long work on standard error, shown only where a person looks on.</summary>
internal static class Progress
{
    // In narrower terminals there is no bar, and no amount.
    private const int WideColumns = 80;

    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    /// <summary>Runs work with what it has done in bytes, how fast, and how long it will take.</summary>
    /// <param name="terminal">The terminal.</param>
    /// <param name="title">What is being done.</param>
    /// <param name="total">How many bytes it is in all.</param>
    /// <param name="work">The work; it adds the bytes that are done.</param>
    public static Task BytesAsync(Terminal terminal, string title, long total, Func<Action<long>, Task> work)
    {
        var state = new WorkState(terminal.Time, title, Say.Bytes);
        return ShowAsync(terminal, state, total, () => work(state.Add));
    }

    /// <summary>Runs work on a number of things.</summary>
    /// <param name="terminal">The terminal.</param>
    /// <param name="title">What is being done.</param>
    /// <param name="total">How many things there are.</param>
    /// <param name="work">The work; it names each thing that is done.</param>
    public static Task StepsAsync(Terminal terminal, string title, int total, Func<Action<string>, Task> work)
    {
        var state = new WorkState(terminal.Time, title, Say.Count);
        return ShowAsync(terminal, state, total, () => work(state.Add));
    }

    /// <summary>Runs work on a checkpoint's content; of a full model with the bytes of it that were read.</summary>
    public static async Task<T> OfContentAsync<T>(Terminal terminal, string title, CheckpointContent content, Func<Task<T>> work)
    {
        if (content is not CheckpointContent.Full { Model: var model })
        {
            return await SpinAsync(terminal, title, work);
        }

        var state = new WorkState(terminal.Time, title, Say.Bytes);
        var (bytes, done) = (Math.Max(1, model.Layout.Bytes), 0L);
        state.Set(0, bytes);

        // Where a parent is chosen the model is read again: that is more to do, not more than all.
        model.WhenRead = read =>
        {
            var now = Interlocked.Add(ref done, read);
            state.Set(now, (now + bytes - 1) / bytes * bytes);
        };
        var result = await ShowAsync(terminal, state, work);
        model.WhenRead = null;
        return result;
    }

    /// <summary>Runs work that reports by itself how far it is, if it can: <see cref="Terminal.Work"/>.</summary>
    public static async Task<T> SpinAsync<T>(Terminal terminal, string title, Func<Task<T>> work)
    {
        var state = new WorkState(terminal.Time, title, Say.Bytes);
        using var followed = terminal.Work.Follow(state);
        return await ShowAsync(terminal, state, work);
    }

    private static Task<bool> ShowAsync(Terminal terminal, WorkState state, long total, Func<Task> work)
    {
        state.Set(0, total);
        return ShowAsync(terminal, state, async () =>
        {
            await work();
            return true;
        });
    }

    private static async Task<T> ShowAsync<T>(Terminal terminal, WorkState state, Func<Task<T>> work)
    {
        if (!terminal.ShowsProgress)
        {
            return await work();
        }

        // On a thread of the pool: some work takes long before it first waits.
        var running = Task.Run(work);
        if (await Task.WhenAny(running, Task.Delay(Patience, terminal.Time)) != running)
        {
            await ShowAsync(terminal, state, (Task)running);
        }

        return await running;
    }

    private static async Task ShowAsync(Terminal terminal, WorkState state, Task running)
    {
        var console = terminal.CreateProgressConsole();
        var width = console.Profile.Width;
        var isShort = width < WideColumns;
        var (title, details) = (new TaskDescriptionColumn { Alignment = Justify.Left }, new WorkColumn(state, isShort));
        var progress = console.Progress().AutoRefresh(false).ExcludeVerticalPadding()
            .Columns(isShort ? [title, details] : [title, new ProgressBarColumn { Width = 20 }, details]);

        AppDomain.CurrentDomain.ProcessExit += ShowCursor;
        try
        {
            await progress.StartAsync(FollowAsync);
        }
        catch (IOException)
        {
            // The terminal is gone; the work goes on.
        }
        finally
        {
            AppDomain.CurrentDomain.ProcessExit -= ShowCursor;
        }

        // A process that ends in the midst of it leaves no hidden cursor behind.
        void ShowCursor(object? sender, EventArgs ended)
        {
            try
            {
                console.Cursor.Show();
            }
            catch (IOException)
            {
                // The terminal is gone.
            }
        }

        async Task FollowAsync(ProgressContext context)
        {
            var task = context.AddTask(state.Title, autoStart: true, maxValue: 1);
            while (!running.IsCompleted)
            {
                Update(task, state.Share);
                context.Refresh();
                await Task.WhenAny(running, Task.Delay(Interval, terminal.Time));
            }

            // The last line stays, but not that of work that failed.
            Update(task, state.Share ?? 1);
            progress.AutoClear = !running.IsCompletedSuccessfully;
        }

        void Update(ProgressTask task, double? share)
        {
            // A title is data, not markup; a long one is cut, so that the numbers stay.
            task.Description = Markup.Escape(new TextCell(state.Title).Lines(width / 3)[0].Text);
            (task.IsIndeterminate, task.Value) = (share is null, share ?? 0);
        }
    }
}
