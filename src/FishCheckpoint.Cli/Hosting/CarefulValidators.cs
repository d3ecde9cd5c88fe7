using System.CommandLine;

namespace FishCheckpoint.Cli.Hosting;

/// <summary>
/// Lets validators of commands look at options that cannot be read: asking for the value of one throws, and what is wrong with it is said
/// already.
/// </summary>
internal static class CarefulValidators
{
    public static void Install(Command command)
    {
        for (var index = 0; index < command.Validators.Count; index++)
        {
            var validate = command.Validators[index];
            command.Validators[index] = result =>
            {
                try
                {
                    validate(result);
                }
                catch (InvalidOperationException)
                {
                    // The parser's own error says what.
                }
            };
        }

        foreach (var child in command.Subcommands)
        {
            Install(child);
        }
    }
}
