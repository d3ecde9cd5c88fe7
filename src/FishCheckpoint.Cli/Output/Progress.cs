using FishCheckpoint.Checkpoints;
using Spectre.Console;

namespace FishCheckpoint.Cli.Output;

/// <summary>Progress of long work on standard error, shown only on a terminal.</summary>
internal static class Progress
{
    // Narrower terminals get no bar and no amount.
    private const int WideColumns = 80;

    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    /// <summary>Runs work and shows its bytes, speed and remaining time.</summary>
    /// <param name="terminal">The terminal.</param>
    /// <param name="title">What is being done.</param>
    /// <param name="total">The total number of bytes.</param>
    /// <param name="work">The work; it reports each number of bytes done.</param>
    public static Task BytesAsync(Terminal terminal, string title, long total, Func<Action<long>, Task> work)
    {
        var state = new WorkState(terminal.Time, title, Say.Bytes);
        return ShowAsync(terminal, state, total, () => work(state.Add));
    }

    /// <summary>Runs work on a number of items.</summary>
    /// <param name="terminal">The terminal.</param>
    /// <param name="title">What is being done.</param>
    /// <param name="total">The number of items.</param>
    /// <param name="work">The work; it reports the name of each finished item.</param>
    public static Task StepsAsync(Terminal terminal, string title, int total, Func<Action<string>, Task> work)
    {
        var state = new WorkState(terminal.Time, title, Say.Count);
        return ShowAsync(terminal, state, total, () => work(state.Add));
    }

    /// <summary>Runs work on a checkpoint's content, and shows how many bytes of a full model were read.</summary>
    public static async Task<T> OfContentAsync<T>(Terminal terminal, string title, CheckpointContent content, Func<Task<T>> work)
    {
        if (content is not CheckpointContent.Full { Model: var model })
        {
            return await SpinAsync(terminal, title, work);
        }

        var state = new WorkState(terminal.Time, title, Say.Bytes);
        var (bytes, done) = (Math.Max(1, model.Layout.Bytes), 0L);
        state.Set(0, bytes);

        // Choosing a parent reads the model again, which raises the total.
        model.WhenRead = read =>
        {
            var now = Interlocked.Add(ref done, read);
            state.Set(now, (now + bytes - 1) / bytes * bytes);
        };
        var result = await ShowAsync(terminal, state, work);
        model.WhenRead = null;
        return result;
    }

    /// <summary>Runs work that reports its own progress through <see cref="Terminal.Work"/>.</summary>
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

        // On a pool thread, as some work runs long before its first await.
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
            // The terminal is gone; the work continues.
        }
        finally
        {
            AppDomain.CurrentDomain.ProcessExit -= ShowCursor;
        }

        // A process that ends during the work must not leave the cursor hidden.
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

            // The last line stays, except for failed work.
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
