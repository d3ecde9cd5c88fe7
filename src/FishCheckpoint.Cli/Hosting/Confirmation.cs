using System.CommandLine;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Cli.Hosting;

/// <summary>
/// Asks before a command deletes. At a terminal the answer decides. A script continues without, but needs <c>--yes</c> for what cannot be
/// undone.
/// </summary>
internal sealed class Confirmation
{
    /// <summary>The option that answers in advance.</summary>
    public Option<bool> Yes { get; } = new("--yes", "-y") { Description = "Do not ask." };

    /// <summary>Asks, unless <c>--yes</c> is given.</summary>
    /// <param name="call">The command's run.</param>
    /// <param name="question">What the command will do, without the question mark.</param>
    /// <param name="forGood">Whether it cannot be undone.</param>
    /// <exception cref="OperationCanceledException">The answer is no.</exception>
    /// <exception cref="FishException"><see cref="ErrorCode.RequestInvalid"/>: nobody can be asked, and it cannot be undone.</exception>
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
                    ErrorCode.RequestInvalid, Yes.Name, $"{question}: this cannot be undone, and there is no terminal to ask at.",
                    "Give --yes.");
            }

            return;
        }

        if (!call.Terminal.Confirm(question))
        {
            throw new OperationCanceledException("The answer was no; nothing was changed.");
        }
    }
}
