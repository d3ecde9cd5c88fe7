using System.CommandLine;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Cli.Hosting;

/// <summary>
/// Asks before something is deleted. Where a person is at the terminal, the answer decides; elsewhere a script goes on without, unless what
/// it does is for good: then it has to say <c>--yes</c>.
/// </summary>
internal sealed class Confirmation
{
    /// <summary>The option that answers beforehand.</summary>
    public Option<bool> Yes { get; } = new("--yes", "-y") { Description = "Do not ask." };

    /// <summary>Asks, unless it was answered beforehand.</summary>
    /// <param name="call">The command's run.</param>
    /// <param name="question">What is about to happen, without the question mark.</param>
    /// <param name="forGood">Whether it cannot be undone.</param>
    /// <exception cref="OperationCanceledException">The answer is no.</exception>
    /// <exception cref="FishException"><see cref="ErrorCode.RequestInvalid"/>: nobody can be asked, and it is for good.</exception>
    public void Ask(Call call, FormattableString question, bool forGood = false)
    {
        if (call.Parsed.GetValue(Yes))
        {
            return;
        }

        if (!call.Terminal.CanAsk)
        {
            if (forGood)
            {
                throw new FishException(
                    ErrorCode.RequestInvalid, Yes.Name, $"{question}: that cannot be undone, and nobody is at a terminal to be asked.",
                    "Say --yes.");
            }

            return;
        }

        if (!call.Terminal.Confirm(question))
        {
            throw new OperationCanceledException("The answer was no; nothing was changed.");
        }
    }
}
