using System.CommandLine;

namespace FishCheckpoint.Cli.Commands;

/// <summary>The option that says where in a PyTorch file the model stands.</summary>
internal static class StateDictOption
{
    public static Option<string?> Create() => new("--state-dict")
    {
        Description =
            "PyTorch files: the key that the model stands under, or several with slashes between. Default: all of the file, or state_dict, "
            + "model_state_dict or model.",
        HelpName = "KEY",
    };

    /// <summary>What a result says of a key that was not asked for.</summary>
    public static string Describe(string? key) => key is null ? "" : $" (the state dict under '{key}')";
}
