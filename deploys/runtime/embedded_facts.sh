# The wheel is on the controller: there is nothing to ask of the host.
facts() { :; }
