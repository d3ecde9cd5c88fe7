using System.CommandLine;

namespace FishCheckpoint.Cli.Hosting;

/// <summary>
/// Lets validators read options that do not parse. Reading such a value throws, and the parser reports its error already.
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
                    // The parser reports the error.
                }
            };
        }

        foreach (var child in command.Subcommands)
        {
            Install(child);
        }
    }
}
