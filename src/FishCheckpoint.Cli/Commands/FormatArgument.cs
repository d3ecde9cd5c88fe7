using System.CommandLine;
using FishCheckpoint.Interchange.Formats;

namespace FishCheckpoint.Cli.Commands;

/// <summary>The argument that names an interchange format.</summary>
internal static class FormatArgument
{
    public static Argument<string> Create() => new("FORMAT")
    {
        Description = string.Join("; ",
            InterchangeFormats.All.Select(format => $"{format.Name} ({format.Users}; also {string.Join(", ", format.Aliases)})")) + ".",
    };
}
