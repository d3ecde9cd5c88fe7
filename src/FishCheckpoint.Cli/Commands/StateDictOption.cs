using System.CommandLine;

namespace FishCheckpoint.Cli.Commands;

/// <summary>The option that names the key of the model in a PyTorch file.</summary>
internal static class StateDictOption
{
    public static Option<string?> Create() => new("--state-dict")
    {
        Description =
            "PyTorch files: the key of the model, or nested keys separated by slashes. Default: the whole file, or state_dict, "
            + "model_state_dict or model.",
        HelpName = "KEY",
    };

    /// <summary>The text for a key that was found without the option.</summary>
    public static string Describe(string? key) => key is null ? "" : $" (the state dict under '{key}')";
}
