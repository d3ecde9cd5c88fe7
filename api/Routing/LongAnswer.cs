namespace FishCheckpoint.Api.Routing;

/// <summary>
/// Of a route whose answers go on for hours and cost next to nothing: they are counted apart, so that they hold up no other request.
/// </summary>
internal sealed class LongAnswer
{
    public static LongAnswer Instance { get; } = new();

    private LongAnswer()
    {
    }
}
