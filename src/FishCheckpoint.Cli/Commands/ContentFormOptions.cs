using System.CommandLine;
using System.CommandLine.Parsing;
using FishCheckpoint.Cli.Models;

namespace FishCheckpoint.Cli.Commands;

/// <summary>The options that name the form of a checkpoint file, so that its content is not examined.</summary>
internal sealed class ContentFormOptions
{
    public Option<bool> Full { get; } = new("--full") { Description = "Read PATH as a full model." };

    public Option<bool> Sparse { get; } = new("--sparse") { Description = "Read PATH as a sparse patch: NAME.indices and NAME.values." };

    public Option<bool> Frames { get; } = new("--frames") { Description = "Read PATH as frames." };

    public void Check(CommandResult command)
    {
        if (new[] { Full, Sparse, Frames }.Count(command.GetValue) > 1)
        {
            command.AddError("Give at most one of --full, --sparse and --frames.");
        }
    }

    public ContentForm? Of(ParseResult parsed) =>
        parsed.GetValue(Full) ? ContentForm.Full
        : parsed.GetValue(Sparse) ? ContentForm.Sparse
        : parsed.GetValue(Frames) ? ContentForm.Frames
        : null;
}
