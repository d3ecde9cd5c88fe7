using Spectre.Console;
using Spectre.Console.Rendering;

namespace FishCheckpoint.Cli.Output;

/// <summary>The column of a progress line with share, amount, speed and time.</summary>
internal sealed class WorkColumn(WorkState state, bool isShort) : ProgressColumn
{
    protected override bool NoWrap => true;

    public override IRenderable Render(RenderOptions options, ProgressTask task, TimeSpan deltaTime) => new Text(state.Details(isShort));
}
