namespace FishCheckpoint.Api.Routing;

/// <summary>
/// Marks a route whose responses last for hours at almost no cost: they count separately, so that they block no other request.
/// </summary>
internal sealed class LongAnswer
{
    public static LongAnswer Instance { get; } = new();

    private LongAnswer()
    {
    }
}
