namespace FishCheckpoint.Api.Limits;

/// <summary>Tells the gate which connections are idle. A place of the reserve is for one answer.</summary>
internal sealed class ConnectionUse(RequestDelegate next, ConnectionGate gate)
{
    public async Task InvokeAsync(HttpContext context)
    {
        if (ConnectionGate.Of(context) is not { } held)
        {
            await next(context);
            return;
        }

        if (held.IsReserve && !HttpProtocol.IsHttp2(context.Request.Protocol))
        {
            // At the last moment: a refusal begins the answer anew.
            context.Response.OnStarting(() =>
            {
                context.Response.Headers.Connection = "close";
                return Task.CompletedTask;
            });
        }

        gate.Begin(held);
        try
        {
            await next(context);
        }
        finally
        {
            gate.End(held);
        }
    }
}
